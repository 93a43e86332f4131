"""Workers, what their nodes take, and what was used of them."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, text

from greenroom.store.columns import BYTES, COUNT, INSTANT, JSON_TEXT, NAME, REAL, SIZE
from greenroom.store.tables.schema import metadata

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

node_times = Table(
    "node_times",
    metadata,
    *(Column(name, NAME, nullable=False) for name in ("tenant", "kind", "class_type")),
    *(Column(f"{part}_ms", REAL, nullable=False) for part in ("whole", "beside", "step")),
    *(Column(f"{part}_count", COUNT, nullable=False) for part in ("whole", "beside", "step")),
    Column("updated_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("tenant", "kind", "class_type"),
)

duties = Table(
    "duties",
    metadata,
    Column("name", NAME, primary_key=True),
    *(Column(name, NAME, nullable=False) for name in ("tenant", "holder")),
    Column("until", INSTANT, nullable=False),
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
