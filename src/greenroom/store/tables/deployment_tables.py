"""Deployments: workflows that programs run by an id, and their instances."""

from sqlalchemy import Column, Index, Table

from greenroom.store.columns import BYTES, COUNT, INSTANT, NAME, SIZE
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

instances = Table(
    "instances",
    metadata,
    Column("id", NAME, primary_key=True),
    *(Column(name, NAME, nullable=False) for name in ("tenant", "deployment_id", "home", "phase")),
    *(Column(name, INSTANT, nullable=False) for name in ("since", "started_at")),
    *(Column(name, INSTANT) for name in ("ready_at", "ended_at")),
    *(Column(name, NAME) for name in ("url", "handle", "reason")),
    *(Column(name, SIZE, nullable=False) for name in ("jobs", "busy_ms")),
)
Index("ix_instances_deployment", instances.c.deployment_id, instances.c.started_at)
Index("ix_instances_ended", instances.c.ended_at)

deployment_nodes = Table(
    "deployment_nodes",
    metadata,
    Column("deployment_id", NAME, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("definitions", BYTES, nullable=False),
)
