"""Webhooks of batches; a delivery knows its URL itself, and may be about a batch."""

import sqlalchemy as sa
from alembic import op

from greenroom.store.dialect import Dialect, of

revision = "0020"
down_revision = "0019"

_ENDS = ("canceled", "expired", "failed", "lost", "succeeded")
_KEPT = (
    "seq, id, d.job_id, d.tenant, job_state, change_id, at, h.url, h.form, h.base, d.target, "
    "status, tries, next_at, give_up_at, lease, ended_at, last_status, last_error, body"
)


def _name(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "batch_webhooks",
        sa.Column("batch_id", sa.String(), primary_key=True),
        _name("tenant"),
        _name("url"),
        _name("base"),
        _name("target"),
        _instant("created_at"),
        sa.Column("remaining", sa.Integer(), nullable=False),
        _instant("ended_at", nullable=True),
        *(sa.Column(end, sa.Integer(), nullable=False, server_default="0") for end in _ENDS),
    )
    op.create_index("ix_batch_webhooks_ended", "batch_webhooks", ["ended_at"])
    if of(op.get_bind()) is Dialect.SQLITE:
        _make_anew()
    else:
        _change()
    _new_indexes()


def _change() -> None:
    for name in ("job_id", "job_state", "change_id"):
        op.alter_column("webhook_deliveries", name, nullable=True)
    for name in ("batch_id", "url", "form", "base"):
        op.add_column("webhook_deliveries", _name(name, nullable=True))
    op.execute(
        "UPDATE webhook_deliveries AS d SET url = h.url, form = h.form, base = h.base "
        "FROM job_webhooks AS h WHERE h.job_id = d.job_id"
    )
    for name in ("url", "form", "base"):
        op.alter_column("webhook_deliveries", name, nullable=False)


def _make_anew() -> None:
    """SQLite changes no column; without its tries, nothing points to the table meanwhile."""
    op.execute("CREATE TABLE kept_tries AS SELECT * FROM webhook_tries")
    op.drop_table("webhook_tries")
    for name in ("due", "target", "job", "tenant", "ended"):
        op.drop_index(f"ix_webhook_deliveries_{name}", "webhook_deliveries")
    op.rename_table("webhook_deliveries", "kept_deliveries")
    _deliveries()
    names = _KEPT.replace("d.", "").replace("h.", "")
    op.execute(
        f"INSERT INTO webhook_deliveries ({names}) SELECT {_KEPT} FROM kept_deliveries AS d "  # noqa: S608 - own words only
        "JOIN job_webhooks AS h ON h.job_id = d.job_id"
    )
    op.drop_table("kept_deliveries")
    _tries()
    op.execute("INSERT INTO webhook_tries SELECT * FROM kept_tries")
    op.drop_table("kept_tries")
    for name, column in (("due", "next_at"), ("target", "target")):
        op.create_index(
            f"ix_webhook_deliveries_{name}", "webhook_deliveries", [column],
            sqlite_where=sa.text("status = 'pending'"),
        )  # fmt: skip
    for name, columns in (
        ("job", ["job_id", "seq"]),
        ("tenant", ["tenant", "seq"]),
        ("ended", ["ended_at"]),
    ):
        op.create_index(f"ix_webhook_deliveries_{name}", "webhook_deliveries", columns)


def _new_indexes() -> None:
    of_batch, undelivered = sa.text("batch_id IS NOT NULL"), sa.text("status <> 'delivered'")
    table = "webhook_deliveries"
    op.create_index(
        f"ix_{table}_batch", table, ["batch_id"], unique=True,
        sqlite_where=of_batch, postgresql_where=of_batch,
    )  # fmt: skip
    op.create_index(
        f"ix_{table}_undelivered", table, ["tenant", "status", "seq"],
        sqlite_where=undelivered, postgresql_where=undelivered,
    )  # fmt: skip
    op.create_index(f"ix_{table}_to", table, ["tenant", "target", "seq"])


def _deliveries() -> None:
    job = sa.ForeignKey("jobs.id", ondelete="CASCADE", name="fk_webhook_deliveries_job_id")
    op.create_table(
        "webhook_deliveries",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True),
        _name("id"),
        sa.Column("job_id", sa.String(), job),
        _name("batch_id", nullable=True),
        _name("tenant"),
        _name("job_state", nullable=True),
        _instant("change_id", nullable=True),
        _instant("at"),
        _name("url"),
        _name("form"),
        _name("base"),
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


def _tries() -> None:
    delivery = sa.ForeignKey("webhook_deliveries.seq", ondelete="CASCADE")
    op.create_table(
        "webhook_tries",
        sa.Column("delivery_seq", sa.BigInteger(), delivery, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _name("tenant"),
        _instant("at"),
        sa.Column("status", sa.Integer()),
        sa.Column("latency_ms", sa.Integer()),
        _name("answer"),
        _name("error", nullable=True),
        sa.PrimaryKeyConstraint("delivery_seq", "number"),
    )
