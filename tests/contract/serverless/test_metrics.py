"""What /metrics tells, as Prometheus reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.contract.serverless.conftest import KEY

from greenroom.telemetry.metrics import GAUGES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_jobs_workers_and_deployments_are_told_to_who_shows_a_key(serverless):
    made = await serverless.deploy(workflow_id="measured")
    url = f"{serverless.server.url}/metrics"
    async with serverless.session.get(url) as refused:
        assert refused.status == 401
    async with serverless.session.get(url, headers={"X-API-Key": KEY}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        families = {one.name: one for one in text_string_to_metric_families(await answer.text())}
    assert set(families) == {gauge.name for gauge in GAUGES}
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert told["greenroom_jobs", "queued"] == 0
    assert told["greenroom_workers", "up"] == 1
    assert told["greenroom_deployment_requests", made["id"], "measured", "waiting"] == 0
    assert told["greenroom_deployment_starts_day", made["id"], "measured", "failed"] == 0
