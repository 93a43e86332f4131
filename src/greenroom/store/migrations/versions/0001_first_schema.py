"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from greenroom.store.dialect import guard_state, of

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOVES = (
    ("queued", "running"),
    ("queued", "canceled"),
    ("queued", "expired"),
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
    _jobs()
    _parts_of_jobs()
    _events()
    _assets()
    _workers()
    _users()
    for statement in guard_state(of(op.get_bind()), MOVES):
        op.execute(statement)


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _job_id() -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    return (
        _required("job_id", sa.String()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        _required("id", sa.String()),
        _required("tenant", sa.String()),
        _required("state", sa.String()),
        _required("number", sa.Double()),
        _required("created_at", sa.BigInteger()),
        sa.Column("client_id", sa.String()),
        sa.Column("workflow_id", sa.String()),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lost_workers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("worker", sa.String()),
        sa.Column("lease", sa.String()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("outputs_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("previewable_outputs_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("preview_output", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'canceling', 'succeeded', 'failed', 'canceled', "
            "'lost', 'expired')",
            name="ck_jobs_state",
        ),
        sa.CheckConstraint(
            "(state IN ('canceling', 'running')) = (lease IS NOT NULL)", name="ck_jobs_leased"
        ),
        sa.CheckConstraint("(lease IS NULL) = (lease_until IS NULL)", name="ck_jobs_lease_ends"),
        sqlite_autoincrement=True,
    )
    _partial_index("ix_jobs_claim", ["number", "seq"], "state = 'queued'")
    _partial_index("ix_jobs_lease_until", ["lease_until"], "state IN ('canceling', 'running')")
    op.create_index("ix_jobs_created", "jobs", ["tenant", "created_at", "seq"])
    op.create_index("ix_jobs_state", "jobs", ["tenant", "state", "created_at", "seq"])
    _partial_index(
        "ix_jobs_workflow",
        ["tenant", "workflow_id", "created_at", "seq"],
        "workflow_id IS NOT NULL",
    )
    _partial_index("ix_jobs_finished", ["tenant", "finished_at", "seq"], "finished_at IS NOT NULL")


def _partial_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)


def _parts_of_jobs() -> None:
    op.create_table(
        "job_payloads",
        *_job_id(),
        _required("tenant", sa.String()),
        _required("prompt", sa.LargeBinary()),
        sa.Column("graph", sa.LargeBinary()),
        _required("extra_data", sa.LargeBinary()),
        _required("outputs_to_execute", sa.LargeBinary()),
        _required("digest", sa.String()),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_payloads"),
    )
    op.create_table(
        "job_results",
        *_job_id(),
        _required("tenant", sa.String()),
        _required("outputs", sa.LargeBinary()),
        _required("meta", sa.LargeBinary()),
        _required("messages", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_results"),
    )
    op.create_table(
        "job_outputs",
        *_job_id(),
        _required("position", sa.Integer()),
        _required("tenant", sa.String()),
        _required("node_id", sa.String()),
        _required("output", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_job_outputs"),
    )
    op.create_table(
        "attempts",
        *_job_id(),
        _required("number", sa.Integer()),
        _required("tenant", sa.String()),
        _required("worker", sa.String()),
        _required("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.String()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_attempts"),
    )
    op.create_table(
        "progress",
        *_job_id(),
        _required("tenant", sa.String()),
        _required("snapshot", sa.LargeBinary()),
        _required("at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("job_id", name="pk_progress"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        _required("xid", sa.BigInteger()),
        _required("tenant", sa.String()),
        _required("job_id", sa.String()),
        _required("event", sa.String()),
        _required("at", sa.BigInteger()),
        _required("job", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_order", "events", ["xid", "id"])


def _assets() -> None:
    op.create_table(
        "assets",
        _required("id", sa.String()),
        _required("tenant", sa.String()),
        _required("root", sa.String()),
        _required("subfolder", sa.String()),
        _required("name", sa.String()),
        sa.Column("stem", sa.String()),
        sa.Column("counter", sa.BigInteger()),
        _required("blob", sa.String()),
        _required("size", sa.BigInteger()),
        _required("mime", sa.String()),
        _required("created_at", sa.BigInteger()),
        sa.Column("job_id", sa.String()),
        sa.Column("node_id", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
        sa.UniqueConstraint(
            "tenant", "root", "subfolder", "name", name="uq_assets_tenant_root_subfolder_name"
        ),
    )
    op.create_index(
        "ix_assets_counter", "assets", ["tenant", "root", "subfolder", "stem", "counter"]
    )
    op.create_index("ix_assets_blob", "assets", ["blob"])
    op.create_index("ix_assets_job_id", "assets", ["job_id"])


def _workers() -> None:
    op.create_table(
        "workers",
        _required("id", sa.String()),
        _required("tenant", sa.String()),
        _required("kind", sa.String()),
        sa.Column("url", sa.String()),
        _required("labels", sa.Text()),
        _required("status", sa.String()),
        sa.Column("detail", sa.Text()),
        _required("registered_at", sa.BigInteger()),
        _required("last_seen_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )


def _users() -> None:
    op.create_table(
        "userdata",
        _required("tenant", sa.String()),
        _required("user", sa.String()),
        _required("path", sa.String()),
        _required("content", sa.LargeBinary()),
        _required("created_at", sa.BigInteger()),
        _required("modified_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant", "user", "path", name="pk_userdata"),
    )
    op.create_table(
        "settings",
        _required("tenant", sa.String()),
        _required("user", sa.String()),
        _required("key", sa.String()),
        _required("value", sa.Text()),
        sa.PrimaryKeyConstraint("tenant", "user", "key", name="pk_settings"),
    )
