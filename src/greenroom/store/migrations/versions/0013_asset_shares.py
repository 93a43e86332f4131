"""Which jobs show a file that an earlier job made."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "asset_shares",
        sa.Column(
            "job_id", sa.String(), sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("asset_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "asset_id"),
    )
    op.create_index("ix_asset_shares_asset", "asset_shares", ["asset_id"])
