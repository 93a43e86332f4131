"""What nodes were measured to take."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "node_times",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("class_type", sa.String(), nullable=False),
        sa.Column("whole_ms", sa.Double(), nullable=False),
        sa.Column("whole_count", sa.Integer(), nullable=False),
        sa.Column("beside_ms", sa.Double(), nullable=False),
        sa.Column("beside_count", sa.Integer(), nullable=False),
        sa.Column("step_ms", sa.Double(), nullable=False),
        sa.Column("step_count", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "class_type", name="pk_node_times"),
    )
