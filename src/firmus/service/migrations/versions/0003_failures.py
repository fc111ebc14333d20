"""Failures that are a job's own, apart from how often it was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it."""
    op.add_column("job", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("job", sa.Column("is_suspect", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("job", "is_suspect")
    op.drop_column("job", "failures")
