"""The fact log's tables: facts, the inbox of their ids, and the feed consumers read.

A fact and its inbox row are written by the statement that caused them. One sequencer moves ids,
never bodies, from the inbox into the feed and numbers them there: replay ids are given after
commit, so no reader can step over a transaction that commits late.

The feed is cut into partitions by replay id, PARTITION_IDS each; platform.feed begins a new one each day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ordo.platform.schema import metadata

SHARDS = 16
DEPTH_MAX = 20
SEQUENCER_LOCK = 0x0FEED
PARTITION_IDS = 10_000_000_000
"""Replay ids of one partition: far more than a day's facts; clients hold ids below 2^53 exactly."""


def shard_sql(root: str) -> str:
    """The shard of a root, as SQL on a column of that name."""
    return f"(('x' || right(md5({root}), 7))::bit(28)::int) % {SHARDS}"


_key = Text(collation="C")

fact_table = Table(
    "fact",
    metadata,
    Column("root", _key, nullable=False, comment="the Order it belongs to, or whatever it is about"),
    Column("number", Integer, nullable=False, comment="1, 2, 3… within the root"),
    Column("id", _key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", _key, nullable=False),
    Column("cause", _key, nullable=False, comment="the fact that led to this one, or empty"),
    Column("depth", SmallInteger, nullable=False),
    Column("body", JSON, nullable=False),
    PrimaryKeyConstraint("root", "number", name="fact_pkey"),
)

inbox_table = Table(
    "factinbox",
    metadata,
    Column("id", _key, nullable=False),
    Column("root", _key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    # a queue: rows live for milliseconds, so it is vacuumed by count, not by share
    postgresql_with={
        "autovacuum_vacuum_threshold": "2000",
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_cost_delay": "0",
    },
)

feed_table = Table(
    "feed",
    metadata,
    Column("replayid", BigInteger, nullable=False, autoincrement=False),
    Column("shard", SmallInteger, nullable=False),
    Column("root", _key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("replayid", name="feed_pkey"),
    Index("feed_shard", "shard", "replayid"),
    postgresql_partition_by="RANGE (replayid)",
)

cursor_table = Table(
    "consumercursor",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("replayid", BigInteger, nullable=False),
    PrimaryKeyConstraint("consumer", "shard", name="consumercursor_pkey"),
    postgresql_with={"fillfactor": "50"},
)

parked_table = Table(
    "parkedfact",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("root", _key, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("replayid", BigInteger, nullable=False, comment="as it was in the feed, which may be gone by now"),
    PrimaryKeyConstraint("consumer", "root", "number", name="parkedfact_pkey"),
)

released_table = Table(
    "releasedroot",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("root", _key, nullable=False, comment="its parked facts are to be taken again"),
    PrimaryKeyConstraint("consumer", "shard", "root", name="releasedroot_pkey"),
)


class Fact(NamedTuple):
    """Something that happened to `root`; its number within the root is given by the write."""

    id: str
    root: str
    kind: str
    body: Mapping[str, object]
    cause: str
    depth: int
