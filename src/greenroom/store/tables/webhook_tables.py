"""Webhooks of jobs and batches, their deliveries, and what is known of their targets."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, text

from greenroom.domain.delivery import DeliveryStatus
from greenroom.domain.job import TERMINAL_STATES
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

batch_webhooks = Table(
    "batch_webhooks",
    metadata,
    Column("batch_id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("url", NAME, nullable=False),
    Column("base", NAME, nullable=False),
    Column("target", NAME, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("remaining", COUNT, nullable=False),
    Column("ended_at", INSTANT),
    *(
        Column(state.value, COUNT, nullable=False, server_default="0")
        for state in sorted(TERMINAL_STATES)
    ),
)
Index("ix_batch_webhooks_ended", batch_webhooks.c.ended_at)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("id", NAME, nullable=False, unique=True),
    Column("job_id", NAME, ForeignKey("jobs.id", ondelete="CASCADE")),
    Column("batch_id", NAME),
    Column("tenant", NAME, nullable=False),
    Column("job_state", NAME),
    Column("change_id", INSTANT),
    Column("at", INSTANT, nullable=False),
    Column("url", NAME, nullable=False),
    Column("form", NAME, nullable=False),
    Column("base", NAME, nullable=False),
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
)
Index(
    "ix_webhook_deliveries_target",
    webhook_deliveries.c.target,
    sqlite_where=PENDING_ONLY,
)
OF_BATCH_ONLY = text("batch_id IS NOT NULL")
Index(
    "ix_webhook_deliveries_batch",
    webhook_deliveries.c.batch_id,
    unique=True,
    sqlite_where=OF_BATCH_ONLY,
)
Index("ix_webhook_deliveries_job", webhook_deliveries.c.job_id, webhook_deliveries.c.seq)
Index("ix_webhook_deliveries_tenant", webhook_deliveries.c.tenant, webhook_deliveries.c.seq)
UNDELIVERED_ONLY = text(f"status <> '{DeliveryStatus.DELIVERED.value}'")
Index(
    "ix_webhook_deliveries_undelivered",
    webhook_deliveries.c.tenant,
    webhook_deliveries.c.status,
    webhook_deliveries.c.seq,
    sqlite_where=UNDELIVERED_ONLY,
)
Index(
    "ix_webhook_deliveries_to",
    webhook_deliveries.c.tenant,
    webhook_deliveries.c.target,
    webhook_deliveries.c.seq,
)
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
