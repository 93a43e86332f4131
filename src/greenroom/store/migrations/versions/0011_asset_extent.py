"""How large and how long what an asset shows is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("assets", sa.Column("width", sa.Integer()))
    op.add_column("assets", sa.Column("height", sa.Integer()))
    op.add_column("assets", sa.Column("duration_ms", sa.BigInteger()))
