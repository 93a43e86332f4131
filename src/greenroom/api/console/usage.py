"""What the caller's jobs used of the workers."""

from collections.abc import Sequence

from aiohttp import web

from greenroom.api.console import queries
from greenroom.api.console.shapes import UsageDay, UsageTotal, UsageView
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import clean_tenant
from greenroom.domain.usage import DAY_MS, UsageBy, Used
from greenroom.service.usage import Total

_USUAL_DAYS = 30


async def show(call: Call) -> web.StreamResponse:
    """By `workflow`, `worker`, `key` or `tenant`, the last `days` days. BAD_REQUEST.

    The operator may name another tenant with `tenant`.
    """
    tenant = call.query("tenant")
    report = await call.services.usage.report(
        call.principal, _by(call.query("by")), clean_tenant(tenant) if tenant else None,
        days=queries.days(call, _USUAL_DAYS),
        utc_offset_minutes=queries.utc_offset(call),
    )  # fmt: skip
    return json_response(
        UsageView(_days(report.days), [_total(one) for one in report.names], _total(report.total))
    )


def _by(text: str | None) -> UsageBy:
    try:
        return UsageBy(text or UsageBy.WORKFLOW)
    except ValueError:
        known = ", ".join(UsageBy)
        raise AppError(ErrorCode.BAD_REQUEST, f"by={text} is not one of: {known}.") from None


def _days(days: Sequence[Used]) -> list[UsageDay]:
    return [
        UsageDay(
            at=used.day * DAY_MS,
            name=used.name,
            jobs=used.jobs,
            succeeded=used.succeeded,
            attempts=used.attempts,
            gpu_seconds=used.gpu_ms / 1000,
        )
        for used in days
    ]


def _total(total: Total) -> UsageTotal:
    return UsageTotal(total.name, total.jobs, total.succeeded, total.attempts, total.gpu_seconds)
