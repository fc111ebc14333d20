"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add it."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("quota", sa.Double(), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("revoked", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )
    op.create_index("ix_batch_owner_id", "batch", ["owner", "id"])

    op.create_table(
        "event",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("job", "number", name="pk_event"),
    )
    op.create_table(
        "file",
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "name", name="pk_file"),
    )
    op.create_index("ix_file_digest", "file", ["digest"])

    op.create_table(
        "idempotency",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("made", sa.String(length=40), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", "token", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created", "idempotency", ["created"])

    op.create_table(
        "job",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("target", sa.String(length=64), nullable=True),
        sa.Column("work", sa.String(length=40), nullable=True),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("lease", sa.Double(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("started", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_batch", "job", ["batch"])
    op.create_index("ix_job_owner_created", "job", ["owner", "created"])
    op.create_index("ix_job_state_lane_priority_id", "job", ["state", "lane", "priority", "id"])

    op.create_table(
        "sound",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sound"),
    )
    op.create_index("ix_sound_owner_id", "sound", ["owner", "id"])

    op.create_table(
        "delivery",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("job", name="pk_delivery"),
    )
    op.create_index("ix_delivery_state_due", "delivery", ["state", "due"])

    op.create_table(
        "work",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("root", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("job", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work"),
    )
    op.create_index("ix_work_job", "work", ["job"])
    op.create_index("ix_work_owner_id", "work", ["owner", "id"])
    op.create_index("ix_work_root", "work", ["root"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_delivery_state_due", "delivery")

    op.drop_table("delivery")
    op.drop_index("ix_sound_owner_id", "sound")

    op.drop_table("sound")
    op.drop_index("ix_work_root", "work")
    op.drop_index("ix_work_owner_id", "work")
    op.drop_index("ix_work_job", "work")

    op.drop_table("work")
    op.drop_index("ix_job_state_lane_priority_id", "job")
    op.drop_index("ix_job_owner_created", "job")
    op.drop_index("ix_job_batch", "job")

    op.drop_table("job")
    op.drop_index("ix_idempotency_created", "idempotency")

    op.drop_table("idempotency")
    op.drop_index("ix_file_digest", "file")

    op.drop_table("file")
    op.drop_table("event")
    op.drop_index("ix_batch_owner_id", "batch")

    op.drop_table("batch")
    op.drop_table("audit")
    op.drop_table("api_key")
