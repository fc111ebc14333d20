"""What keeps a long history quick and erasable: indices, owners of files, what a job reads, what was deleted."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
CHUNK = 500  # rows that are read or written at a time
PASSING, UNFINISHED = sa.text("kind <> 'state'"), sa.text("state IN ('queued', 'running')")
JOB_COLUMNS = (
    "id owner kind lane priority source target work batch state attempt worker lease events seconds result bytes "
    "created started ended erased error request"
)


def upgrade() -> None:
    """Add it."""
    op.add_column("api_key", sa.Column("storage", sa.Double(), nullable=True))
    op.drop_index("ix_job_owner_created", "job")
    op.drop_index("ix_job_batch", "job")
    op.add_column("job", sa.Column("bytes", sa.Integer(), nullable=True))
    op.add_column("job", sa.Column("erased", sa.Double(), nullable=True))
    op.execute("UPDATE job SET bytes = length(request)")
    with op.batch_alter_table("job", partial_reordering=[tuple(JOB_COLUMNS.split())]) as job:
        job.alter_column("bytes", existing_type=sa.Integer(), nullable=False)
    op.create_index("ix_job_state_lane_kind_created_seconds", "job", ["state", "lane", "kind", "created", "seconds"])
    op.create_index("ix_job_owner_created_seconds_bytes", "job", ["owner", "created", "seconds", "bytes"])
    op.create_index("ix_job_owner_id", "job", ["owner", "id"])
    op.create_index("ix_job_owner_state_id", "job", ["owner", "state", "id"])
    op.create_index("ix_job_batch_state", "job", ["batch", "state"])
    op.create_index("ix_job_work", "job", ["work"])
    op.create_index("ix_job_result", "job", ["result"])
    for name in ("source", "target"):
        op.create_index(
            f"ix_job_unfinished_{name}", "job", [name], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
        )
    op.create_index("ix_event_passing", "event", ["at"], sqlite_where=PASSING, postgresql_where=PASSING)
    op.create_index("ix_sound_digest", "sound", ["digest"])
    op.create_table(
        "job_input",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("thing", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("job", "thing", name="pk_job_input"),
    )
    op.create_index("ix_job_input_thing", "job_input", ["thing"])
    op.create_table(
        "deleted_jobs",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "day", "kind", "state", name="pk_deleted_jobs"),
    )
    op.create_table("garbage", *_file_columns(), sa.PrimaryKeyConstraint("holder", "name", name="pk_garbage"))
    op.create_index("ix_garbage_owner_bytes", "garbage", ["owner", "bytes"])
    op.add_column("file", sa.Column("owner", sa.String(length=80), nullable=True))
    file_table = sa.table("file", sa.column("holder"), sa.column("owner"))
    for holder in ("work", "job"):
        holders = sa.table(holder, sa.column("id"), sa.column("owner"))
        owner = sa.select(holders.c.owner).where(holders.c.id == file_table.c.holder)
        op.execute(file_table.update().where(owner.exists()).values(owner=owner.scalar_subquery()))
    op.execute("UPDATE file SET owner = 'local' WHERE owner IS NULL")
    with op.batch_alter_table("file", partial_reordering=[("holder", "name", "owner", "digest", "bytes")]) as file:
        file.alter_column("owner", existing_type=sa.String(length=80), nullable=False)
    op.create_index("ix_file_owner_bytes", "file", ["owner", "bytes"])
    with op.batch_alter_table("work", partial_reordering=[("title", "style", "created", "summary")]) as work:
        work.add_column(sa.Column("style", sa.String(length=80), nullable=True))
        work.alter_column("summary", existing_type=sa.Text(), nullable=False)
    _read_requests()


def downgrade() -> None:
    """Take it back."""
    op.drop_column("work", "style")
    op.drop_index("ix_file_owner_bytes", "file")
    op.drop_column("file", "owner")
    for table in ("garbage", "deleted_jobs", "job_input"):
        op.drop_table(table)
    op.drop_index("ix_sound_digest", "sound")
    op.drop_index("ix_event_passing", "event")
    for name in (
        "unfinished_source",
        "unfinished_target",
        "result",
        "work",
        "batch_state",
        "owner_state_id",
        "owner_id",
        "owner_created_seconds_bytes",
        "state_lane_kind_created_seconds",
    ):
        op.drop_index(f"ix_job_{name}", "job")
    for name in ("erased", "bytes"):
        op.drop_column("job", name)
    op.create_index("ix_job_batch", "job", ["batch"])
    op.create_index("ix_job_owner_created", "job", ["owner", "created"])
    op.drop_column("api_key", "storage")


def _file_columns() -> list[sa.Column[Any]]:
    names = {"holder": 40, "name": 80, "owner": 80, "digest": 64}
    texts: list[sa.Column[Any]] = [
        sa.Column(name, sa.String(length=length), nullable=False) for name, length in names.items()
    ]
    return [*texts, sa.Column("bytes", sa.Integer(), nullable=False)]


def _read_requests() -> None:
    """Fill in what the requests of earlier jobs say: the things that they read, the styles of works."""
    connection, last = op.get_bind(), ""
    job = sa.table("job", sa.column("id"), sa.column("request"))
    job_input = sa.table("job_input", sa.column("job"), sa.column("thing"))
    work = sa.table("work", sa.column("job"), sa.column("style"))
    while rows := connection.execute(sa.select(job).where(job.c.id > last).order_by(job.c.id).limit(CHUNK)).all():
        last = rows[-1].id
        for row in rows:
            request = json.loads(row.request)
            brief, options = request.get("brief", {}), request.get("options", {})
            pieces = [brief.get(name) for name in ("source", "target")]
            things = {each[name] for each in pieces if each for name in ("work", "sound") if name in each}
            things |= {each for listed in options.values() if isinstance(listed, list) for each in listed}
            if things:
                connection.execute(job_input.insert(), [{"job": row.id, "thing": each} for each in sorted(things)])
            if brief.get("style"):
                styling = work.update().where(work.c.job == row.id).values(style=str(brief["style"])[:80])
                connection.execute(styling)
