"""Deployments, and which job was sent to which."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_TEXTS = ("tenant", "name", "workflow_id")
_COUNTS = ("enabled", "min_instances", "max_instances")
_LARGE = ("queue_size", "keep_warm_ms", "created_at", "updated_at")


def upgrade() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hardware", sa.String()),
        sa.Column("readme", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _LARGE),
        sa.Column("deleted_at", sa.BigInteger()),
    )
    op.create_index("ix_deployments_tenant", "deployments", ["tenant", "created_at", "id"])
    op.add_column("jobs", sa.Column("deployment_id", sa.String()))
    _partial("ix_jobs_deployment", ["tenant", "deployment_id", "created_at", "seq"])
    active = " AND state IN ('canceling', 'queued', 'running')"
    _partial("ix_jobs_deployment_active", ["deployment_id", "state"], active)


def _partial(name: str, columns: list[str], more: str = "") -> None:
    where = sa.text("deployment_id IS NOT NULL" + more)
    op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)
