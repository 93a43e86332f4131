"""Webhooks of jobs, their deliveries, and what is known of their targets."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, text

from greenroom.domain.delivery import DeliveryStatus
from greenroom.store.columns import BYTES, COUNT, INSTANT, NAME, SERIAL
from greenroom.store.tables.schema import job_id, metadata

job_webhooks = Table(
    "job_webhooks",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("url", NAME, nullable=False),
    Column("form", NAME, nullable=False),
    Column("base", NAME, nullable=False),
    Column("target", NAME, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("id", NAME, nullable=False, unique=True),
    job_id(primary_key=False),
    Column("tenant", NAME, nullable=False),
    Column("job_state", NAME, nullable=False),
    Column("change_id", INSTANT, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("target", NAME, nullable=False),
    Column("status", NAME, nullable=False),
    Column("tries", COUNT, nullable=False, server_default="0"),
    Column("next_at", INSTANT),
    Column("give_up_at", INSTANT, nullable=False),
    Column("lease", NAME),
    Column("ended_at", INSTANT),
    Column("last_status", COUNT),
    Column("last_error", NAME),
    Column("body", BYTES),
    sqlite_autoincrement=True,
)
PENDING_ONLY = text(f"status = '{DeliveryStatus.PENDING.value}'")
Index(
    "ix_webhook_deliveries_due",
    webhook_deliveries.c.next_at,
    sqlite_where=PENDING_ONLY,
    postgresql_where=PENDING_ONLY,
)
Index(
    "ix_webhook_deliveries_target",
    webhook_deliveries.c.target,
    sqlite_where=PENDING_ONLY,
    postgresql_where=PENDING_ONLY,
)
Index("ix_webhook_deliveries_job", webhook_deliveries.c.job_id, webhook_deliveries.c.seq)
Index("ix_webhook_deliveries_tenant", webhook_deliveries.c.tenant, webhook_deliveries.c.seq)
Index("ix_webhook_deliveries_ended", webhook_deliveries.c.ended_at)

webhook_tries = Table(
    "webhook_tries",
    metadata,
    Column(
        "delivery_seq",
        INSTANT,
        ForeignKey("webhook_deliveries.seq", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("status", COUNT),
    Column("latency_ms", COUNT),
    Column("answer", NAME, nullable=False),
    Column("error", NAME),
    PrimaryKeyConstraint("delivery_seq", "number"),
)

webhook_targets = Table(
    "webhook_targets",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("target", NAME, nullable=False),
    Column("failures", COUNT, nullable=False),
    Column("paused_until", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "target"),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("sealed", BYTES, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("ends_at", INSTANT),
)
Index("ix_webhook_secrets_tenant", webhook_secrets.c.tenant)
