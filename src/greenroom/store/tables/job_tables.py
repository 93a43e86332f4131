"""Jobs, what they are made of, and what becomes of them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    literal_column,
    text,
)

from greenroom.domain.job import ACTIVE_STATES, LEASED_STATES, JobState
from greenroom.store.columns import (
    BYTES,
    COUNT,
    INSTANT,
    JSON_TEXT,
    NAME,
    REAL,
    SERIAL,
    SIZE,
    words_sql,
)
from greenroom.store.tables.schema import job_id, metadata

QUEUED_ONLY = text(f"state = '{JobState.QUEUED.value}'")
ACTIVE_OF_DEPLOYMENT = text(f"deployment_id IS NOT NULL AND state IN ({words_sql(ACTIVE_STATES)})")
DEADLINE_ONLY = text(f"{QUEUED_ONLY} AND start_before IS NOT NULL")
LEASED_ONLY = text(f"state IN ({words_sql(LEASED_STATES)})")
DURATION = literal_column("coalesce(finished_at - started_at, 0)", INSTANT)
"""Milliseconds, 0 while unknown; an index is used only for the very text it was made with."""

jobs = Table(
    "jobs",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("id", NAME, nullable=False, unique=True),
    Column("tenant", NAME, nullable=False),
    Column("state", NAME, nullable=False),
    Column("number", REAL, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("client_id", NAME),
    Column("workflow_id", NAME),
    Column("not_before", INSTANT),
    Column("attempt", COUNT, nullable=False, server_default="0"),
    Column("lost_workers", COUNT, nullable=False, server_default="0"),
    Column("worker", NAME),
    Column("lease", NAME),
    Column("lease_until", INSTANT),
    Column("started_at", INSTANT),
    Column("finished_at", INSTANT),
    Column("error", JSON_TEXT),
    Column("outputs_count", COUNT, nullable=False, server_default="0"),
    Column("previewable_outputs_count", COUNT, nullable=False, server_default="0"),
    Column("preview_output", JSON_TEXT),
    Column("key_id", NAME),
    Column("deployment_id", NAME),
    Column("webhook", NAME),
    Column("start_before", INSTANT),
    CheckConstraint(f"state IN ({words_sql(JobState)})", name="state"),
    CheckConstraint(
        f"(state IN ({words_sql(LEASED_STATES)})) = (lease IS NOT NULL)", name="leased"
    ),
    CheckConstraint("(lease IS NULL) = (lease_until IS NULL)", name="lease_ends"),
    sqlite_autoincrement=True,
)
Index(
    "ix_jobs_claim",
    jobs.c.number,
    jobs.c.seq,
    sqlite_where=QUEUED_ONLY,
)
Index(
    "ix_jobs_place",
    jobs.c.tenant,
    jobs.c.number,
    jobs.c.seq,
    sqlite_where=QUEUED_ONLY,
)
Index(
    "ix_jobs_lease_until",
    jobs.c.lease_until,
    sqlite_where=LEASED_ONLY,
)
Index("ix_jobs_created", jobs.c.tenant, jobs.c.created_at, jobs.c.seq)
Index("ix_jobs_state", jobs.c.tenant, jobs.c.state, jobs.c.created_at, jobs.c.seq)
Index("ix_jobs_duration", jobs.c.tenant, jobs.c.state, DURATION, jobs.c.seq)
Index(
    "ix_jobs_workflow",
    jobs.c.tenant,
    jobs.c.workflow_id,
    jobs.c.created_at,
    jobs.c.seq,
    sqlite_where=text("workflow_id IS NOT NULL"),
)
Index(
    "ix_jobs_finished",
    jobs.c.tenant,
    jobs.c.finished_at,
    jobs.c.seq,
    sqlite_where=text("finished_at IS NOT NULL"),
)
Index(
    "ix_jobs_deployment",
    jobs.c.tenant,
    jobs.c.deployment_id,
    jobs.c.created_at,
    jobs.c.seq,
    sqlite_where=text("deployment_id IS NOT NULL"),
)
Index(
    "ix_jobs_deployment_state",
    jobs.c.tenant,
    jobs.c.deployment_id,
    jobs.c.state,
    jobs.c.created_at,
    jobs.c.seq,
    sqlite_where=text("deployment_id IS NOT NULL"),
)
Index(
    "ix_jobs_deployment_active",
    jobs.c.deployment_id,
    jobs.c.state,
    sqlite_where=ACTIVE_OF_DEPLOYMENT,
)
Index(
    "ix_jobs_start_before",
    jobs.c.start_before,
    sqlite_where=DEADLINE_ONLY,
)

job_payloads = Table(
    "job_payloads",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("prompt", BYTES, nullable=False),
    Column("graph", BYTES),
    Column("extra_data", BYTES, nullable=False),
    Column("outputs_to_execute", BYTES, nullable=False),
    Column("digest", NAME, nullable=False),
)

job_results = Table(
    "job_results",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("outputs", BYTES, nullable=False),
    Column("meta", BYTES, nullable=False),
    Column("messages", BYTES, nullable=False),
)

job_outputs = Table(
    "job_outputs",
    metadata,
    job_id(primary_key=False),
    Column("position", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("node_id", NAME, nullable=False),
    Column("output", BYTES, nullable=False),
    PrimaryKeyConstraint("job_id", "position"),
)

attempts = Table(
    "attempts",
    metadata,
    job_id(primary_key=False),
    Column("number", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("worker", NAME, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("outcome", NAME),
    Column("error", JSON_TEXT),
    PrimaryKeyConstraint("job_id", "number"),
)

events = Table(
    "events",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("xid", INSTANT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("job_id", NAME, nullable=False),
    Column("event", NAME, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("job", JSON_TEXT, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_events_order", events.c.xid, events.c.id)

progress = Table(
    "progress",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("snapshot", BYTES, nullable=False),
    Column("at", INSTANT, nullable=False),
)

job_counts = Table(
    "job_counts",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("job_state", NAME, nullable=False),
    Column("shard", COUNT, nullable=False),
    Column("jobs", SIZE, nullable=False),
    PrimaryKeyConstraint("tenant", "job_state", "shard"),
)

batch_jobs = Table(
    "batch_jobs",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("batch_id", NAME, nullable=False),
    Column("position", COUNT, nullable=False),
    Column("assigned", JSON_TEXT, nullable=False),
)
Index("ix_batch_jobs_batch", batch_jobs.c.tenant, batch_jobs.c.batch_id, batch_jobs.c.position)

job_tags = Table(
    "job_tags",
    metadata,
    job_id(primary_key=False),
    *(Column(name, NAME, nullable=False) for name in ("tag", "tenant", "deployment_id")),
    Column("created_at", INSTANT, nullable=False),
    Column("seq", INSTANT, nullable=False),
    PrimaryKeyConstraint("job_id", "tag"),
)
Index(
    "ix_job_tags_tag", job_tags.c.tenant, job_tags.c.deployment_id, job_tags.c.tag,
    job_tags.c.created_at, job_tags.c.seq,
)  # fmt: skip

recipes = Table(
    "recipes",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("workflow_id", NAME, nullable=False),
    Column("recipe", JSON_TEXT, nullable=False),
)

job_secrets = Table(
    "job_secrets",
    metadata,
    job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("sealed", BYTES, nullable=False),
)

input_fetches = Table(
    "input_fetches",
    metadata,
    job_id(primary_key=False),
    Column("position", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("url", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("places", JSON_TEXT, nullable=False),
    Column("asset_id", NAME),
    Column("tries", COUNT, nullable=False, server_default="0"),
    Column("next_at", INSTANT),
    Column("give_up_at", INSTANT),
    Column("lease", NAME),
    Column("last_error", NAME),
    PrimaryKeyConstraint("job_id", "position"),
)
Index("ix_input_fetches_due", input_fetches.c.next_at)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("key", NAME, nullable=False),
    Column("claimed_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)
Index("ix_idempotency_keys_claimed_at", idempotency_keys.c.claimed_at)
