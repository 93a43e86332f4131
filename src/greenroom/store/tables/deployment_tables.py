"""Deployments: workflows that programs run by an id."""

from sqlalchemy import Column, Index, Table

from greenroom.store.columns import COUNT, INSTANT, NAME, SIZE
from greenroom.store.tables.schema import metadata

deployments = Table(
    "deployments",
    metadata,
    Column("id", NAME, primary_key=True),
    *(Column(name, NAME, nullable=False) for name in ("tenant", "name", "workflow_id")),
    Column("version", COUNT, nullable=False),
    Column("hardware", NAME),
    Column("readme", NAME, nullable=False),
    Column("enabled", COUNT, nullable=False),
    *(Column(name, COUNT, nullable=False) for name in ("min_instances", "max_instances")),
    *(Column(name, SIZE, nullable=False) for name in ("queue_size", "keep_warm_ms")),
    *(Column(name, INSTANT, nullable=False) for name in ("created_at", "updated_at")),
    Column("deleted_at", INSTANT),
)
Index("ix_deployments_tenant", deployments.c.tenant, deployments.c.created_at, deployments.c.id)
