"""Whose jobs are held back, by whom, and for how long."""

import json

import pytest

from greenroom.bootstrap import serving
from greenroom.config import Config
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT, TenantId
from greenroom.domain.job import JobState
from greenroom.domain.principal import Principal
from greenroom.domain.usage import UsageBy
from greenroom.domain.workflow.submission import parse_submission
from greenroom.service.tenant_limits import TenantLimit
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


async def test_a_tenant_with_a_key_is_known_before_its_first_job(tmp_path):
    async with server_on(tmp_path) as server:
        services = server.services
        await services.keys.create(OPERATOR, "mine")
        await services.keys.create(OPERATOR, "theirs", tenant=SCHOOL.tenant)
        told = {one.id: one.keys for one in await services.tenants.all(OPERATOR)}
        assert told == {DEFAULT_TENANT: 1, "school": 1}
        assert (await services.tenants.pause(OPERATOR, SCHOOL.tenant)).paused


async def test_the_operator_limits_what_a_tenant_may_let_wait_over_a_restart(tmp_path):
    async with server_on(tmp_path) as server:
        services = server.services
        limited = await services.tenants.limit(OPERATOR, SCHOOL.tenant, {"waiting": 1})
        assert limited == Tenant(SCHOOL.tenant, 0, paused=False, limit=TenantLimit(waiting=1))
    async with server_on(tmp_path) as server:
        services = server.services
        await services.tenants.pause(OPERATOR, SCHOOL.tenant)
        await submit(services, SCHOOL)
        with pytest.raises(AppError) as caught:
            await submit(services, SCHOOL)
        assert caught.value.code is ErrorCode.QUEUE_FULL
        await submit(services, STUDIO)
        await services.tenants.limit(OPERATOR, SCHOOL.tenant, {"waiting": None})
        await submit(services, SCHOOL)


async def test_of_the_operators_limit_and_the_tenants_wish_the_smaller_counts(tmp_path):
    async with server_on(tmp_path) as server:
        limits = server.services.running_limits
        await limits.put(SCHOOL, 5)
        for allowed, most in ((3, 3), (8, 5), (None, 5)):
            await server.services.tenants.limit(OPERATOR, SCHOOL.tenant, {"running": allowed})
            await limits.refresh()
            assert limits.limits.running_of == {SCHOOL.tenant: most}


async def test_only_the_operator_sets_limits(tmp_path):
    async with server_on(tmp_path) as server:
        tenants = server.services.tenants
        for principal, most, code in (
            (SCHOOL, 1, ErrorCode.FORBIDDEN), (OPERATOR, 0, ErrorCode.BAD_REQUEST),
        ):  # fmt: skip
            with pytest.raises(AppError) as caught:
                await tenants.limit(principal, SCHOOL.tenant, {"running": most})
            assert caught.value.code is code


async def test_the_operator_sees_what_each_tenant_used_and_a_tenant_its_own(tmp_path):
    async with server_on(tmp_path) as server:
        services = server.services
        for principal in (SCHOOL, STUDIO):
            await ended(services, principal, await submit(services, principal))
        usage = services.usage
        every = await usage.report(OPERATOR, UsageBy.TENANT)
        assert sorted(one.name for one in every.names) == ["school", "studio"]
        assert (await usage.report(OPERATOR, UsageBy.WORKER, SCHOOL.tenant)).total.jobs == 1
        assert (await usage.report(OPERATOR, UsageBy.WORKER)).total.jobs == 0
        assert [one.name for one in (await usage.report(SCHOOL, UsageBy.TENANT)).names] == [
            "school"
        ]
        with pytest.raises(AppError) as caught:
            await usage.report(SCHOOL, UsageBy.WORKER, STUDIO.tenant)
        assert caught.value.code is ErrorCode.FORBIDDEN
