"""What the owner of an asset says of it: metadata, a preview, and when that was last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "assets", sa.Column("metadata", sa.Text(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("assets", sa.Column("preview_id", sa.String()))
    op.add_column("assets", sa.Column("updated_at", sa.BigInteger()))
