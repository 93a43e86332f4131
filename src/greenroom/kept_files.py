"""The services of a server that keep files, and what they need beside them."""

import asyncio
from dataclasses import dataclass

from greenroom.assets.blobs import BlobStore
from greenroom.assets.tree import NamedTree
from greenroom.data_folder import DataFolder
from greenroom.server_secret import server_secret
from greenroom.service.arrivals import Arrivals
from greenroom.service.asset_records import AssetRecords
from greenroom.service.assets import Assets
from greenroom.service.idempotency import IdempotencyKeys
from greenroom.service.instance_tokens import InstanceTokens
from greenroom.service.signed_links import SignedLinks
from greenroom.service.vault import Vault
from greenroom.store.database import Database


@dataclass(frozen=True, slots=True)
class KeptFiles:
    assets: Assets
    records: AssetRecords
    links: SignedLinks
    vault: Vault
    once: IdempotencyKeys
    arrivals: Arrivals
    tokens: InstanceTokens


async def kept_files(folder: DataFolder, database: Database) -> KeptFiles:
    """Over the bytes in the data folder. STORAGE_UNAVAILABLE when its secret is another one."""
    blobs = await asyncio.to_thread(BlobStore, folder.blobs)
    tree = NamedTree(folder.path, blobs)
    once = IdempotencyKeys(database)
    secret = await server_secret(folder, database)
    return KeptFiles(
        Assets(database, blobs, tree),
        AssetRecords(database, blobs, tree, once),
        SignedLinks(secret, database.clock),
        Vault(secret),
        once,
        Arrivals(blobs),
        InstanceTokens(secret),
    )
