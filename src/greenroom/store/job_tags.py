"""The tags of requests of deployments, beside each the place of its job in lists."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, insert

from greenroom.domain.job import Job
from greenroom.store.statement import Statement
from greenroom.store.tables import job_tags

_NAMES = ("job_id", "tag", "tenant", "deployment_id", "created_at", "seq")
_NOTE = Statement(
    lambda _dialect: insert(job_tags).values({name: bindparam(name) for name in _NAMES})
)


def note(tx: Connection, job: Job, tags: Iterable[str]) -> None:
    """Keep the tags of a new job of a deployment; each is named once."""
    for tag in tags:
        _NOTE.run(
            tx,
            job_id=job.id,
            tag=tag,
            tenant=job.tenant,
            deployment_id=job.deployment_id,
            created_at=job.created_at,
            seq=job.seq,
        )
