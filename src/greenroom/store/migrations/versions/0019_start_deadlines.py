"""Until when a job must have begun."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("start_before", sa.BigInteger()))
    where = sa.text("state = 'queued' AND start_before IS NOT NULL")
    op.create_index(
        "ix_jobs_start_before", "jobs", ["start_before"],
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip
