"""A job that waits may be given up at a restart: the guard of jobs.state lets it."""

from alembic import op

from greenroom.store.dialect import Dialect, guard_state, of

revision = "0008"
down_revision = "0007"

MOVES = (
    ("queued", "running"),
    ("queued", "canceled"),
    ("queued", "expired"),
    ("queued", "lost"),
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
    dialect = of(op.get_bind())
    if dialect is Dialect.SQLITE:
        op.execute("DROP TRIGGER jobs_state_guard")
    else:
        op.execute("DROP TRIGGER jobs_state_guard ON jobs")
        op.execute("DROP FUNCTION jobs_state_guard()")
    for statement in guard_state(dialect, MOVES):
        op.execute(statement)
