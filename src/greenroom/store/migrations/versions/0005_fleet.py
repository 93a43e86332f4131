"""Which workers were added while a server ran, and the nodes that each knew last."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "workers", sa.Column("home", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "workers", sa.Column("added", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "worker_nodes",
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("definitions", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_worker_nodes"),
        sa.ForeignKeyConstraint(["worker"], ["workers.id"], ondelete="CASCADE"),
    )
