"""Files that accepted jobs wait for, and the move of a job that waits in vain."""

import sqlalchemy as sa
from alembic import op

from greenroom.store.dialect import Dialect, guard_state, of

revision = "0022"
down_revision = "0021"

MOVES = (
    ("queued", "running"),
    ("queued", "canceled"),
    ("queued", "expired"),
    ("queued", "lost"),
    ("queued", "failed"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "queued"),
    ("running", "canceling"),
    ("running", "lost"),
    ("running", "expired"),
    ("canceling", "succeeded"),
    ("canceling", "canceled"),
)


def upgrade() -> None:
    _guard()
    job = sa.ForeignKey("jobs.id", ondelete="CASCADE")
    op.create_table(
        "input_fetches",
        sa.Column("job_id", sa.String(), job, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.String()),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("give_up_at", sa.BigInteger()),
        sa.Column("lease", sa.String()),
        sa.Column("last_error", sa.String()),
        sa.PrimaryKeyConstraint("job_id", "position"),
    )
    op.create_index("ix_input_fetches_due", "input_fetches", ["next_at"])


def _guard() -> None:
    dialect = of(op.get_bind())
    if dialect is Dialect.SQLITE:
        op.execute("DROP TRIGGER jobs_state_guard")
    else:
        op.execute("DROP TRIGGER jobs_state_guard ON jobs")
        op.execute("DROP FUNCTION jobs_state_guard()")
    for statement in guard_state(dialect, MOVES):
        op.execute(statement)
