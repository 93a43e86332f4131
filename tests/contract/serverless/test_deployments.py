"""Deployments over HTTP: made, listed, changed, switched off, deleted."""

import pytest
from tests.cli import graphs

from greenroom.domain.errors import AppError, ErrorCode

from .conftest import CALLER

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = "/v2/deployments"


async def test_a_deployment_is_made_pinned_changed_and_deleted(serverless):
    made = await serverless.deploy(hardware=["AMPERE_48"], max_instances=3)
    assert (made["workflow_id"], made["workflow_version"]) == ("quick", "v1")
    assert (made["hardware"], made["status"], made["is_enabled"]) == (
        ["AMPERE_48"],
        "standby",
        True,
    )
    scaling = ("min_instances", "max_instances", "queue_size", "keep_warm_duration_in_seconds")
    assert [made[name] for name in scaling] == [0, 3, 1, 60]

    await serverless.publish(graphs.quick(color=7), "quick")
    one = f"{ALL}/{made['id']}"
    assert (await serverless.ask("GET", one))["workflow_version"] == "v1"
    told = {"workflow_version": "v2", "queue_size": 5, "is_enabled": False}
    changed = await serverless.ask("PATCH", one, json=told)
    assert (changed["workflow_version"], changed["queue_size"]) == ("v2", 5)
    assert (changed["is_enabled"], changed["max_instances"]) == (False, 3)
    assert await serverless.ask("GET", one) == changed
    assert changed in await serverless.ask("GET", ALL)

    await serverless.ask("DELETE", one)
    gone = await serverless.ask("GET", one, 410)
    assert gone["error_code"] == 10003
    assert await serverless.ask("GET", f"{ALL}?ids={made['id']}") == []


async def test_a_list_includes_what_can_be_overridden_and_a_readme(serverless):
    made = await serverless.deploy(workflow_id="told")
    other = await serverless.deploy(workflow_id="told", readme="*Mine*")
    asked = f"ids={made['id']}&ids={other['id']}&includes=payload&includes=readme"
    first, second = await serverless.ask("GET", f"{ALL}?{asked}")
    payload = first["payload"]
    assert payload["workflow_api_json"] == graphs.quick()
    assert payload["overrides"]["1"]["inputs"]["width"] == 16
    assert "| 1 | width |" in first["readme"]
    assert second["readme"] == "*Mine*"
    nodes = await serverless.ask("GET", payload["object_info_url"])
    assert nodes["EmptyImage"]["input"]["required"]["width"][0] == "INT"
    wrong = await serverless.ask("GET", f"{ALL}?includes=secrets", 422)
    assert wrong["detail"][0]["loc"] == ["body", "includes"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hardware": ["AMPERE_48", "ADA_80_PLUS"]}, "hardware"),
        ({"hardware": "AMPERE_48"}, "hardware"),
        ({"hardware": ["two words"]}, "hardware"),
        ({"min_instances": 31, "max_instances": 60}, "min_instances"),
        ({"max_instances": 61}, "max_instances"),
        ({"min_instances": 2, "max_instances": 1}, "max_instances"),
        ({"queue_size": -1}, "queue_size"),
        ({"queue_size": True}, "queue_size"),
        ({"keep_warm_duration_in_seconds": "60"}, "keep_warm_duration_in_seconds"),
        ({"name": "  "}, "name"),
        ({"workflow_version": "newest"}, "workflow_version"),
        ({"is_enabled": 1}, "is_enabled"),
        ({"gpu": 1}, "gpu"),
    ],
)
async def test_a_field_that_cannot_be_is_named(serverless, body, field):
    told = {"name": "wrong", "workflow_id": "quick", **body}
    await serverless.publish(graphs.quick(), "quick")
    refused = await serverless.ask("POST", ALL, 422, json=told)
    assert refused["error_code"] == 422001
    assert refused["detail"][0]["loc"] == ["body", field]
    assert field in refused["detail"][0]["msg"]


async def test_what_is_missing_or_unknown_is_told_by_its_number(serverless):
    missing = await serverless.ask("POST", ALL, 422, json={"name": "x"})
    assert missing["detail"][0]["loc"] == ["body", "workflow_id"]
    unknown = {"name": "x", "workflow_id": "nothing"}
    assert (await serverless.ask("POST", ALL, 404, json=unknown))["error_code"] == 404001
    assert (await serverless.ask("GET", f"{ALL}/nothing", 404))["error_code"] == 404001
    assert (await serverless.ask("GET", ALL, 401, key="wrong"))["error_code"] == 401001
    assert (await serverless.ask("POST", ALL, 422, data=b"{"))["error_code"] == 422001


async def test_a_workflow_that_a_deployment_runs_is_not_deleted(serverless):
    made = await serverless.deploy(workflow_id="needed", name="Portraits")
    with pytest.raises(AppError, match="Portraits") as refused:
        await serverless.services.workflows.delete(CALLER, "needed")
    assert refused.value.code is ErrorCode.IN_USE
    await serverless.ask("DELETE", f"{ALL}/{made['id']}")
    await serverless.services.workflows.delete(CALLER, "needed")
