"""What jobs were made of, beside their slim rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, select
from sqlalchemy import insert as insert_into

from greenroom.domain.ids import JobId, TenantId
from greenroom.domain.recipe import Recipe
from greenroom.store.tables import recipes


def add(tx: Connection, tenant: TenantId, job_id: JobId, recipe: Recipe) -> None:
    """Write down what the job, which is there already, was made of."""
    tx.execute(
        insert_into(recipes).values(
            job_id=job_id,
            tenant=tenant,
            workflow_id=recipe.workflow_id,
            recipe=json.dumps(asdict(recipe), ensure_ascii=False, separators=(",", ":")),
        )
    )


def of_jobs(tx: Connection, tenant: TenantId, ids: Sequence[JobId]) -> dict[JobId, Recipe]:
    """Those of the jobs that were made from a workflow."""
    query = select(recipes.c.job_id, recipes.c.recipe).where(
        recipes.c.tenant == tenant, recipes.c.job_id.in_(ids)
    )
    return {JobId(job_id): _recipe(text) for job_id, text in tx.execute(query)}


def get(tx: Connection, tenant: TenantId, job_id: JobId) -> Recipe | None:
    return of_jobs(tx, tenant, [job_id]).get(job_id)


def _recipe(text: str) -> Recipe:
    return Recipe(**json.loads(text))
