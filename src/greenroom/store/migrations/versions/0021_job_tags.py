"""Lists of the requests of a deployment, by tag and by state."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_ORDER = ["tenant", "deployment_id", "tag", "created_at", "seq"]


def upgrade() -> None:
    job = sa.ForeignKey("jobs.id", ondelete="CASCADE", name="fk_job_tags_job_id")
    op.create_table(
        "job_tags",
        sa.Column("job_id", sa.String(), job, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tag", "tenant")),
        sa.Column("deployment_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_at", "seq")),
        sa.PrimaryKeyConstraint("job_id", "tag"),
    )
    op.create_index("ix_job_tags_tag", "job_tags", _ORDER)
    requests = sa.text("deployment_id IS NOT NULL")
    op.create_index(
        "ix_jobs_deployment_state", "jobs",
        ["tenant", "deployment_id", "state", "created_at", "seq"],
        sqlite_where=requests, postgresql_where=requests,
    )  # fmt: skip
