"""Workflows, and what a tenant and its users keep."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, text

from greenroom.store.columns import BYTES, COUNT, INSTANT, JSON_TEXT, NAME
from greenroom.store.tables.schema import metadata

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
    Column("role", NAME, nullable=False, server_default=text("'client'")),
)
VALID_ONLY = text("revoked_at IS NULL")
Index(
    "ix_api_keys_name",
    api_keys.c.tenant,
    api_keys.c.name,
    unique=True,
    sqlite_where=VALID_ONLY,
)
