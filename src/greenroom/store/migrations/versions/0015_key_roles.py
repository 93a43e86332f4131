"""What each key is good for: a client's calls, or a worker's."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    client = sa.text("'client'")
    op.add_column("api_keys", sa.Column("role", sa.String(), nullable=False, server_default=client))
