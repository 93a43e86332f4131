"""Webhooks of jobs, their deliveries, and what is known of their targets."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def _job_id(*, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("jobs.id", ondelete="CASCADE")
    return sa.Column("job_id", sa.String(), key, primary_key=primary_key, nullable=False)


def _name(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.add_column("jobs", sa.Column("webhook", sa.String()))
    op.create_table(
        "job_webhooks",
        _job_id(primary_key=True),
        _name("tenant"),
        _name("url"),
        _name("form"),
        _name("base"),
        _name("target"),
    )
    _deliveries()
    _tries()
    op.create_table(
        "webhook_targets",
        _name("tenant"),
        _name("target"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _instant("paused_until"),
        sa.PrimaryKeyConstraint("tenant", "target"),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.String(), primary_key=True),
        _name("tenant"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _instant("created_at"),
        _instant("ends_at", nullable=True),
    )
    op.create_index("ix_webhook_secrets_tenant", "webhook_secrets", ["tenant"])


def _deliveries() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "webhook_deliveries",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        _name("id"),
        _job_id(),
        _name("tenant"),
        _name("job_state"),
        _instant("change_id"),
        _instant("at"),
        _name("target"),
        _name("status"),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        _instant("next_at", nullable=True),
        _instant("give_up_at"),
        _name("lease", nullable=True),
        _instant("ended_at", nullable=True),
        sa.Column("last_status", sa.Integer()),
        _name("last_error", nullable=True),
        sa.Column("body", sa.LargeBinary()),
        sa.UniqueConstraint("id", name="uq_webhook_deliveries_id"),
        sqlite_autoincrement=True,
    )
    pending = sa.text("status = 'pending'")
    for name, column in (("due", "next_at"), ("target", "target")):
        op.create_index(
            f"ix_webhook_deliveries_{name}",
            "webhook_deliveries",
            [column],
            sqlite_where=pending,
            postgresql_where=pending,
        )
    for name, columns in (
        ("job", ["job_id", "seq"]),
        ("tenant", ["tenant", "seq"]),
        ("ended", ["ended_at"]),
    ):
        op.create_index(f"ix_webhook_deliveries_{name}", "webhook_deliveries", columns)


def _tries() -> None:
    op.create_table(
        "webhook_tries",
        sa.Column(
            "delivery_seq",
            sa.BigInteger(),
            sa.ForeignKey("webhook_deliveries.seq", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        _name("tenant"),
        _instant("at"),
        sa.Column("status", sa.Integer()),
        sa.Column("latency_ms", sa.Integer()),
        _name("answer"),
        _name("error", nullable=True),
        sa.PrimaryKeyConstraint("delivery_seq", "number"),
    )
