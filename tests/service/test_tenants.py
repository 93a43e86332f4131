"""Whose jobs are held back, by whom, and for how long."""

import json

import pytest

from greenroom.bootstrap import serving
from greenroom.config import Config
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.tenants import Tenant

OPERATOR = Principal()
SCHOOL, STUDIO = Principal(TenantId("school")), Principal(TenantId("studio"))
GRAPH = {
    "1": {"class_type": "PrimitiveString", "inputs": {"value": "hello"}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
}


def server_on(folder):
    return serving(Config(port=0, data_dir=folder, engine="cpu", drain_seconds=0))


async def submit(services, principal):
    while not services.nodes.definitions():
        await services.workers.changed()
    submission = parse_submission({"prompt": GRAPH})
    return (await services.submit.submit(principal, submission, json.dumps(GRAPH).encode())).job


async def ended(services, principal, job):
    with services.watch.follow(principal, job.id) as events:
        while (now := await services.jobs.get(principal, job.id)).finished_at is None:
            await anext(aiter(events))
    return now


async def test_a_paused_tenants_jobs_wait_over_a_restart_while_others_run(tmp_path):
    async with server_on(tmp_path) as server:
        services = server.services
        assert (await services.tenants.pause(SCHOOL, SCHOOL.tenant)).paused
        held = await submit(services, SCHOOL)
        assert (await ended(services, STUDIO, await submit(services, STUDIO))).state is (
            JobState.SUCCEEDED
        )
        told = await services.scheduler.outlook(held)
        assert (told.waiting_for, told.eta) == ("the queue to be resumed", None)
    async with server_on(tmp_path) as server:
        services = server.services
        await ended(services, STUDIO, await submit(services, STUDIO))
        waits = await services.jobs.get(SCHOOL, held.id)
        assert waits.state is JobState.QUEUED
        assert await services.tenants.all(SCHOOL) == [Tenant(SCHOOL.tenant, 1, paused=True)]
        assert not (await services.tenants.resume(OPERATOR, SCHOOL.tenant)).paused
        assert (await ended(services, SCHOOL, held)).state is JobState.SUCCEEDED


async def test_only_the_default_tenant_steers_others(tmp_path):
    async with server_on(tmp_path) as server:
        tenants = server.services.tenants
        await tenants.pause(SCHOOL, SCHOOL.tenant)
        assert [one.id for one in await tenants.all(OPERATOR)] == [DEFAULT_TENANT, "school"]
        assert [one.id for one in await tenants.all(STUDIO)] == ["studio"]
        for principal, tenant, code in (
            (STUDIO, SCHOOL.tenant, ErrorCode.FORBIDDEN),
            (STUDIO, DEFAULT_TENANT, ErrorCode.FORBIDDEN),
            (OPERATOR, TenantId("nobody"), ErrorCode.NOT_FOUND),
        ):
            with pytest.raises(AppError) as caught:
                await tenants.resume(principal, tenant)
            assert caught.value.code is code
