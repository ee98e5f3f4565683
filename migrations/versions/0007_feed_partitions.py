"""The feed in partitions, the release of parked facts, the worker's heartbeat.

Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _feed(**options: str) -> None:
    op.create_table(
        "feed",
        sa.Column("replayid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("root", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("replayid", name="feed_pkey"),
        **options,
    )
    op.create_index("feed_shard", "feed", ["shard", "replayid"], unique=False)


def upgrade() -> None:
    # What the feed held becomes the first partition, rows and indexes as they are.
    op.execute("ALTER TABLE feed RENAME TO feed_0")
    op.execute("ALTER INDEX feed_pkey RENAME TO feed_0_pkey")
    op.execute("ALTER INDEX feed_shard RENAME TO feed_0_shard_replayid_idx")
    _feed(postgresql_partition_by="RANGE (replayid)")
    op.execute("ALTER TABLE feed ATTACH PARTITION feed_0 FOR VALUES FROM (0) TO (10000000000)")
    op.execute("CREATE TABLE feed_1 PARTITION OF feed FOR VALUES FROM (10000000000) TO (20000000000)")
    op.create_table(
        "releasedroot",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column(
            "root", sa.Text(collation="C"), nullable=False, comment="its parked facts are to be taken again"
        ),
        sa.PrimaryKeyConstraint("consumer", "shard", "root", name="releasedroot_pkey"),
    )
    op.add_column(
        "parkedfact",
        sa.Column(
            "replayid",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="as it was in the feed, which may be gone by now",
        ),
    )
    op.execute(
        "UPDATE parkedfact k SET replayid = f.replayid FROM feed f WHERE f.root = k.root AND f.number = k.number"
    )
    op.alter_column("parkedfact", "replayid", server_default=None)
    op.add_column(
        "process",
        sa.Column(
            "workedat",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its holder last said that it works off facts",
        ),
    )


def downgrade() -> None:
    op.drop_column("process", "workedat")
    op.drop_column("parkedfact", "replayid")
    op.drop_table("releasedroot")
    op.execute("ALTER TABLE feed RENAME TO feed_partitioned")
    op.execute("ALTER INDEX feed_pkey RENAME TO feed_partitioned_pkey")
    op.execute("ALTER INDEX feed_shard RENAME TO feed_partitioned_shard")
    _feed()
    op.execute("INSERT INTO feed SELECT * FROM feed_partitioned")
    op.execute("DROP TABLE feed_partitioned")
