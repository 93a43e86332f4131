"""Instances of deployments, the nodes that they know, and who sees to them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_NAMES = ("tenant", "deployment_id", "home", "phase")


def upgrade() -> None:
    op.create_table(
        "instances",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in _NAMES),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("since", "started_at")),
        *(sa.Column(name, sa.BigInteger()) for name in ("ready_at", "ended_at")),
        *(sa.Column(name, sa.String()) for name in ("url", "handle", "reason")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("jobs", "busy_ms")),
    )
    op.create_index("ix_instances_deployment", "instances", ["deployment_id", "started_at"])
    op.create_index("ix_instances_ended", "instances", ["ended_at"])
    op.create_table(
        "deployment_nodes",
        sa.Column("deployment_id", sa.String(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("definitions", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "holder")),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
