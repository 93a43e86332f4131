"""Jobs in the order of how long they ran, and each tenant's queue, read from an index."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    duration = sa.text("coalesce(finished_at - started_at, 0)")
    op.create_index("ix_jobs_duration", "jobs", ["tenant", "state", duration, "seq"])
    queued = sa.text("state = 'queued'")
    op.create_index(
        "ix_jobs_place",
        "jobs",
        ["tenant", "number", "seq"],
        sqlite_where=queued,
        postgresql_where=queued,
    )
