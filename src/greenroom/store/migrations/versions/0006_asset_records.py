"""Tags and expiry of assets, what jobs read, their sealed keys, and single-use keys."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("assets", sa.Column("file_path", sa.String()))
    op.add_column(
        "assets", sa.Column("tags", sa.Text(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column("assets", sa.Column("expires_at", sa.BigInteger()))
    op.create_index("ix_assets_age", "assets", ["root", "created_at", "id"])
    expiring = sa.text("expires_at IS NOT NULL")
    op.create_index(
        "ix_assets_expires_at",
        "assets",
        ["expires_at"],
        sqlite_where=expiring,
        postgresql_where=expiring,
    )
    _job_parts()
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_claimed_at", "idempotency_keys", ["claimed_at"])


def _job_parts() -> None:
    op.create_table(
        "job_inputs",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("asset_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "asset_id", name="pk_job_inputs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_job_inputs_asset", "job_inputs", ["asset_id"])
    op.create_table(
        "job_secrets",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_secrets"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
    )
