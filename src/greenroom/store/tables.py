"""Every table, index and check of the newest schema."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from greenroom.domain.job import LEASED_STATES, JobState
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

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

QUEUED_ONLY = text(f"state = '{JobState.QUEUED.value}'")
LEASED_ONLY = text(f"state IN ({words_sql(LEASED_STATES)})")

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
    postgresql_where=QUEUED_ONLY,
)
Index(
    "ix_jobs_lease_until",
    jobs.c.lease_until,
    sqlite_where=LEASED_ONLY,
    postgresql_where=LEASED_ONLY,
)
Index("ix_jobs_created", jobs.c.tenant, jobs.c.created_at, jobs.c.seq)
Index("ix_jobs_state", jobs.c.tenant, jobs.c.state, jobs.c.created_at, jobs.c.seq)
Index(
    "ix_jobs_workflow",
    jobs.c.tenant,
    jobs.c.workflow_id,
    jobs.c.created_at,
    jobs.c.seq,
    sqlite_where=text("workflow_id IS NOT NULL"),
    postgresql_where=text("workflow_id IS NOT NULL"),
)
Index(
    "ix_jobs_finished",
    jobs.c.tenant,
    jobs.c.finished_at,
    jobs.c.seq,
    sqlite_where=text("finished_at IS NOT NULL"),
    postgresql_where=text("finished_at IS NOT NULL"),
)


def _job_id(*, primary_key: bool) -> Column[str]:
    """A row that lives and dies with its job."""
    key = ForeignKey("jobs.id", ondelete="CASCADE")
    return Column("job_id", NAME, key, primary_key=primary_key, nullable=False)


job_payloads = Table(
    "job_payloads",
    metadata,
    _job_id(primary_key=True),
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
    _job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("outputs", BYTES, nullable=False),
    Column("meta", BYTES, nullable=False),
    Column("messages", BYTES, nullable=False),
)

job_outputs = Table(
    "job_outputs",
    metadata,
    _job_id(primary_key=False),
    Column("position", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("node_id", NAME, nullable=False),
    Column("output", BYTES, nullable=False),
    PrimaryKeyConstraint("job_id", "position"),
)

attempts = Table(
    "attempts",
    metadata,
    _job_id(primary_key=False),
    Column("number", COUNT, nullable=False),
    Column("tenant", NAME, nullable=False),
    Column("worker", NAME, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("outcome", NAME),
    Column("error", JSON_TEXT),
    PrimaryKeyConstraint("job_id", "number"),
)

node_times = Table(
    "node_times",
    metadata,
    *(Column(name, NAME, nullable=False) for name in ("tenant", "kind", "class_type")),
    *(Column(f"{part}_ms", REAL, nullable=False) for part in ("whole", "beside", "step")),
    *(Column(f"{part}_count", COUNT, nullable=False) for part in ("whole", "beside", "step")),
    Column("updated_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "kind", "class_type"),
)

usage = Table(
    "usage",
    metadata,
    Column("hour", INSTANT, nullable=False),
    *(Column(name, NAME, nullable=False) for name in ("tenant", "worker", "workflow_id", "key_id")),
    *(Column(name, SIZE, nullable=False) for name in ("jobs", "succeeded", "attempts", "busy_ms")),
    Column("last_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "hour", "worker", "workflow_id", "key_id"),
)
Index("ix_usage_hour", usage.c.hour)

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
    _job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("snapshot", BYTES, nullable=False),
    Column("at", INSTANT, nullable=False),
)

assets = Table(
    "assets",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("root", NAME, nullable=False),
    Column("subfolder", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("stem", NAME),
    Column("counter", SIZE),
    Column("blob", NAME, nullable=False),
    Column("size", SIZE, nullable=False),
    Column("mime", NAME, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("job_id", NAME),
    Column("node_id", NAME),
    Column("file_path", NAME),
    Column("tags", JSON_TEXT, nullable=False, server_default="[]"),
    Column("expires_at", INSTANT),
    Column("metadata", JSON_TEXT, nullable=False, server_default="{}"),
    Column("preview_id", NAME),
    Column("updated_at", INSTANT),
    Column("width", COUNT),
    Column("height", COUNT),
    Column("duration_ms", SIZE),
    UniqueConstraint("tenant", "root", "subfolder", "name"),
)
Index(
    "ix_assets_counter",
    assets.c.tenant,
    assets.c.root,
    assets.c.subfolder,
    assets.c.stem,
    assets.c.counter,
)
Index("ix_assets_blob", assets.c.blob)
Index("ix_assets_job_id", assets.c.job_id)
Index("ix_assets_age", assets.c.root, assets.c.created_at, assets.c.id)
Index(
    "ix_assets_expires_at",
    assets.c.expires_at,
    sqlite_where=text("expires_at IS NOT NULL"),
    postgresql_where=text("expires_at IS NOT NULL"),
)

job_inputs = Table(
    "job_inputs",
    metadata,
    _job_id(primary_key=False),
    Column("asset_id", NAME, nullable=False),
    PrimaryKeyConstraint("job_id", "asset_id"),
)
Index("ix_job_inputs_asset", job_inputs.c.asset_id)

job_secrets = Table(
    "job_secrets",
    metadata,
    _job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("sealed", BYTES, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("key", NAME, nullable=False),
    Column("claimed_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)
Index("ix_idempotency_keys_claimed_at", idempotency_keys.c.claimed_at)

workers = Table(
    "workers",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("url", NAME),
    Column("labels", JSON_TEXT, nullable=False),
    Column("status", NAME, nullable=False),
    Column("detail", JSON_TEXT),
    *(Column(name, INSTANT, nullable=False) for name in ("registered_at", "last_seen_at")),
    Column("home", NAME, nullable=False, server_default=text("''")),
    Column("added", COUNT, nullable=False, server_default="0"),
)

worker_nodes = Table(
    "worker_nodes",
    metadata,
    Column("worker", NAME, ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("definitions", BYTES, nullable=False),
)

userdata = Table(
    "userdata",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("user", NAME, nullable=False),
    Column("path", NAME, nullable=False),
    Column("content", BYTES, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("modified_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "user", "path"),
)

settings = Table(
    "settings",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("user", NAME, nullable=False),
    Column("key", NAME, nullable=False),
    Column("value", JSON_TEXT, nullable=False),
    PrimaryKeyConstraint("tenant", "user", "key"),
)

workflows = Table(
    "workflows",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("id", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("tags", JSON_TEXT, nullable=False),
    Column("version", COUNT, nullable=False),
    Column("source", NAME, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    Column("tenant", NAME, nullable=False),
    Column("workflow_id", NAME, nullable=False),
    Column("version", COUNT, nullable=False),
    Column("digest", NAME, nullable=False),
    Column("content", BYTES, nullable=False),
    Column("source", NAME, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "workflow_id", "version"),
    ForeignKeyConstraint(
        ["tenant", "workflow_id"], ["workflows.tenant", "workflows.id"], ondelete="CASCADE"
    ),
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
    _job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("batch_id", NAME, nullable=False),
    Column("position", COUNT, nullable=False),
    Column("assigned", JSON_TEXT, nullable=False),
)
Index("ix_batch_jobs_batch", batch_jobs.c.tenant, batch_jobs.c.batch_id, batch_jobs.c.position)

recipes = Table(
    "recipes",
    metadata,
    _job_id(primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("workflow_id", NAME, nullable=False),
    Column("recipe", JSON_TEXT, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("digest", NAME, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("last_used_at", INSTANT),
    Column("revoked_at", INSTANT),
)
VALID_ONLY = text("revoked_at IS NULL")
Index(
    "ix_api_keys_name",
    api_keys.c.tenant,
    api_keys.c.name,
    unique=True,
    sqlite_where=VALID_ONLY,
    postgresql_where=VALID_ONLY,
)
