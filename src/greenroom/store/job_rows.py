"""A job as a row and as the JSON of an event, in both directions."""

import json
from dataclasses import fields
from typing import cast

from sqlalchemy import Column

from greenroom.domain.clock import Millis
from greenroom.domain.ids import DeploymentId, JobId, KeyId, LeaseToken, TenantId, WorkerId
from greenroom.domain.job import Job, JobState
from greenroom.domain.json import JsonObject, compact
from greenroom.domain.webhook import WebhookEvents
from greenroom.store.statement import Row, Value
from greenroom.store.tables import jobs

NAMES = tuple(field.name for field in fields(Job))
COLUMNS: tuple[Column[object], ...] = tuple(jobs.c[name] for name in NAMES)
"""The columns of a slim job, in the order that job() expects."""
WIDTH = len(COLUMNS)

_STATES = {state.value: state for state in JobState}
_WEBHOOKS = {events.value: events for events in WebhookEvents}


def json_text(value: JsonObject | None) -> str | None:
    return None if value is None else compact(value)


def json_object(text: Value) -> JsonObject | None:
    return None if text is None else cast("JsonObject", json.loads(cast("str", text)))


def job(row: Row) -> Job:
    """The job in the first WIDTH places of a row."""
    return Job(
        id=JobId(cast("str", row[0])),
        tenant=TenantId(cast("str", row[1])),
        seq=cast("int", row[2]),
        state=_STATES[cast("str", row[3])],
        number=float(cast("float", row[4])),
        created_at=cast("Millis", row[5]),
        client_id=cast("str | None", row[6]),
        workflow_id=cast("str | None", row[7]),
        not_before=cast("Millis | None", row[8]),
        attempt=cast("int", row[9]),
        lost_workers=cast("int", row[10]),
        worker=cast("WorkerId | None", row[11]),
        lease=cast("LeaseToken | None", row[12]),
        lease_until=cast("Millis | None", row[13]),
        started_at=cast("Millis | None", row[14]),
        finished_at=cast("Millis | None", row[15]),
        error=json_object(row[16]),
        outputs_count=cast("int", row[17]),
        previewable_outputs_count=cast("int", row[18]),
        preview_output=json_object(row[19]),
        key_id=cast("KeyId | None", row[20]),
        deployment_id=cast("DeploymentId | None", row[21]),
        webhook=_WEBHOOKS.get(cast("str", row[22])),
        start_before=cast("Millis | None", row[23]),
    )


def snapshot(row: Row) -> str:
    """The row as the JSON text of an event."""
    named = dict(zip(NAMES, row, strict=False))
    return compact(named)


def from_snapshot(text: str) -> Job:
    named = json.loads(text)
    return job([named.get(name) for name in NAMES])
