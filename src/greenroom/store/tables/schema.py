"""What all tables share: the names of their constraints, and the column of their job."""

from sqlalchemy import Column, ForeignKey, MetaData

from greenroom.store.columns import NAME

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def job_id(*, primary_key: bool) -> Column[str]:
    """A row that lives and dies with its job."""
    key = ForeignKey("jobs.id", ondelete="CASCADE")
    return Column("job_id", NAME, key, primary_key=primary_key, nullable=False)
