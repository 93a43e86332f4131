"""The library of workflows, and batches of jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _workflows()
    _batches()


def _workflows() -> None:
    op.create_table(
        "workflows",
        _required("tenant", sa.String()),
        _required("id", sa.String()),
        _required("name", sa.String()),
        _required("tags", sa.Text()),
        _required("version", sa.Integer()),
        _required("source", sa.String()),
        _required("created_at", sa.BigInteger()),
        _required("updated_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_workflows"),
    )
    op.create_table(
        "workflow_versions",
        _required("tenant", sa.String()),
        _required("workflow_id", sa.String()),
        _required("version", sa.Integer()),
        _required("digest", sa.String()),
        _required("content", sa.LargeBinary()),
        _required("source", sa.String()),
        _required("created_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant", "workflow_id", "version", name="pk_workflow_versions"),
        sa.ForeignKeyConstraint(
            ["tenant", "workflow_id"], ["workflows.tenant", "workflows.id"], ondelete="CASCADE"
        ),
    )


def _batches() -> None:
    op.create_table(
        "batch_jobs",
        _required("job_id", sa.String()),
        _required("tenant", sa.String()),
        _required("batch_id", sa.String()),
        _required("position", sa.Integer()),
        _required("assigned", sa.Text()),
        sa.PrimaryKeyConstraint("job_id", name="pk_batch_jobs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_batch_jobs_batch", "batch_jobs", ["tenant", "batch_id", "position"])


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
