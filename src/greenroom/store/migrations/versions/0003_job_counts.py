"""How many jobs each state holds, so that lists of a million jobs know their length."""

import sqlalchemy as sa
from alembic import op

from greenroom.store.dialect import count_states, of

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "job_counts",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("job_state", sa.String(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "job_state", "shard"),
    )
    op.execute(
        "INSERT INTO job_counts (tenant, job_state, shard, jobs) "
        "SELECT tenant, state, 0, count(*) FROM jobs GROUP BY tenant, state"
    )
    for statement in count_states(of(op.get_bind())):
        op.execute(statement)
