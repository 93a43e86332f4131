"""Files by name, and which jobs read, made or share them."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint, text

from greenroom.store.columns import COUNT, INSTANT, JSON_TEXT, NAME, SIZE
from greenroom.store.tables.schema import job_id, metadata

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
)

job_inputs = Table(
    "job_inputs",
    metadata,
    job_id(primary_key=False),
    Column("asset_id", NAME, nullable=False),
    PrimaryKeyConstraint("job_id", "asset_id"),
)
Index("ix_job_inputs_asset", job_inputs.c.asset_id)

asset_shares = Table(
    "asset_shares",
    metadata,
    job_id(primary_key=False),
    Column("tenant", NAME, nullable=False),
    Column("asset_id", NAME, nullable=False),
    PrimaryKeyConstraint("job_id", "asset_id"),
)
Index("ix_asset_shares_asset", asset_shares.c.asset_id)
