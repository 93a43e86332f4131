"""Every table, index and check of the newest schema.

The migrations make them. So a partial index has its condition here once, as SQLite's: to name
PostgreSQL would load its dialect at every start.
"""

from greenroom.store.tables.deployment_tables import deployment_nodes, deployments, instances
from greenroom.store.tables.file_tables import asset_shares, assets, job_inputs
from greenroom.store.tables.fleet_tables import (
    duties,
    node_times,
    usage,
    worker_nodes,
    workers,
)
from greenroom.store.tables.job_tables import (
    attempts,
    batch_jobs,
    events,
    idempotency_keys,
    input_fetches,
    job_counts,
    job_outputs,
    job_payloads,
    job_results,
    job_secrets,
    job_tags,
    jobs,
    progress,
    recipes,
)
from greenroom.store.tables.library_tables import (
    api_keys,
    settings,
    userdata,
    workflow_versions,
    workflows,
)
from greenroom.store.tables.schema import metadata
from greenroom.store.tables.webhook_tables import (
    batch_webhooks,
    job_webhooks,
    webhook_deliveries,
    webhook_secrets,
    webhook_targets,
    webhook_tries,
)

__all__ = [
    "api_keys",
    "asset_shares",
    "assets",
    "attempts",
    "batch_jobs",
    "batch_webhooks",
    "deployment_nodes",
    "deployments",
    "duties",
    "events",
    "idempotency_keys",
    "input_fetches",
    "instances",
    "job_counts",
    "job_inputs",
    "job_outputs",
    "job_payloads",
    "job_results",
    "job_secrets",
    "job_tags",
    "job_webhooks",
    "jobs",
    "metadata",
    "node_times",
    "progress",
    "recipes",
    "settings",
    "usage",
    "userdata",
    "webhook_deliveries",
    "webhook_secrets",
    "webhook_targets",
    "webhook_tries",
    "worker_nodes",
    "workers",
    "workflow_versions",
    "workflows",
]
