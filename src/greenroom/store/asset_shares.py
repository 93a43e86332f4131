"""Files that more than one job shows: an engine's cache answered with an earlier job's file."""

from sqlalchemy import Connection, delete, func, select, update

from greenroom.domain.asset import Asset
from greenroom.domain.ids import AssetId, JobId, TenantId
from greenroom.store import assets as rows
from greenroom.store.dialect import insert, of
from greenroom.store.tables import asset_shares, assets


def add(tx: Connection, tenant: TenantId, asset_id: AssetId, job_id: JobId) -> None:
    """The job shows the asset too; twice is once."""
    new = insert(of(tx), asset_shares).values(tenant=tenant, asset_id=asset_id, job_id=job_id)
    tx.execute(new.on_conflict_do_nothing())


def pass_on(tx: Connection, tenant: TenantId, job_id: JobId) -> list[Asset]:
    """Give up all that the job shows; gives the assets that no other job shows, still there.

    Each of the others becomes that of a job which shares it.
    """
    tx.execute(
        delete(asset_shares).where(asset_shares.c.tenant == tenant, asset_shares.c.job_id == job_id)
    )
    heirs = (
        select(assets.c.id, func.min(asset_shares.c.job_id))
        .join(asset_shares, asset_shares.c.asset_id == assets.c.id)
        .where(assets.c.job_id == job_id, assets.c.tenant == tenant)
        .where(asset_shares.c.tenant == tenant)
        .group_by(assets.c.id)
    )
    for asset_id, heir in tx.execute(heirs).all():
        tx.execute(update(assets).where(assets.c.id == asset_id).values(job_id=heir))
        tx.execute(
            delete(asset_shares).where(
                asset_shares.c.asset_id == asset_id, asset_shares.c.job_id == heir
            )
        )
    return rows.of_job(tx, tenant, job_id)
