"""The migrations make exactly the schema that the declarations describe."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, urlencode

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

import ordo.objects  # noqa: F401  declares the nouns
from ordo.platform import migrations
from ordo.platform.records import nouns
from ordo.platform.schema import table_of, view_definition

DECLARED = "as_declared"

# What Alembic does not compare: predicates and expressions of indexes, deferrable keys, defaults, fill factors,
# partition keys. Partitions come and go with the days.
CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), o.collname, a.attnotnull,
               replace(pg_get_expr(d.adbin, d.adrelid), :schema || '.', '')
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        LEFT JOIN pg_collation o ON o.oid = a.attcollation
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), :schema || '.', '')
        FROM pg_constraint t WHERE connamespace = CAST(:schema AS regnamespace) AND contype <> 'n'
          AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = t.conrelid AND c.relispartition)""",
    "indexes": """
        SELECT tablename, indexname, replace(indexdef, :schema || '.', '')
        FROM pg_indexes WHERE schemaname = :schema AND NOT EXISTS (
          SELECT 1 FROM pg_class c WHERE c.relispartition AND c.relname = tablename
            AND c.relnamespace = CAST(:schema AS regnamespace))""",
    "options": """
        SELECT relname, reloptions::text, pg_get_partkeydef(oid) FROM pg_class
        WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p') AND NOT relispartition""",
}


def catalogue(connection: Connection, schema: str) -> set[tuple[object, ...]]:
    rows: set[tuple[object, ...]] = set()
    for kind, query in CATALOGUE.items():
        for row in connection.execute(text(query), {"schema": schema}):
            values = tuple(v.removeprefix(f"{schema}.") if isinstance(v, str) else v for v in row)
            if "alembic_version" not in values:
                rows.add((kind, *values))
    return rows


def test_autogenerate_finds_no_difference(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "include_name": migrations.is_declared}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, migrations.declared()))

    migrations.upgrade(database_url)
    assert migrations.connected(database_url, differences) == []


def test_the_catalogue_is_the_declared_one(database_url: str) -> None:
    def catalogues(connection: Connection) -> list[set[tuple[object, ...]]]:
        connection.execute(text(f"CREATE SCHEMA {DECLARED}"))
        elsewhere = connection.execution_options(schema_translate_map={None: DECLARED})
        migrations.declared().create_all(elsewhere, checkfirst=False)
        both = [catalogue(connection, DECLARED), catalogue(connection, "public")]
        connection.execute(text(f"DROP SCHEMA {DECLARED} CASCADE"))
        return both

    migrations.upgrade(database_url)
    declared, migrated = migrations.connected(database_url, catalogues)
    assert migrated - declared == set()
    assert declared - migrated == set()


def test_a_view_has_the_columns_of_its_noun(database_url: str) -> None:
    def compare(connection: Connection) -> None:
        for shape in nouns():
            if shape.view:
                found = connection.execute(text(f'SELECT * FROM "{shape.table}"')).keys()
                again = connection.execute(text(view_definition(shape).partition(" AS ")[2])).keys()
                assert list(found) == list(again) == [column.name for column in table_of(shape).columns]

    migrations.upgrade(database_url)
    migrations.connected(database_url, compare)


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    migrations.upgrade(database_url)
    before = migrations.status(database_url)
    migrations.upgrade(database_url)
    assert migrations.status(database_url) == before
    assert before.startswith("up to date at ")


def test_what_fails_leaves_nothing(database_url: str) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE halfway (a int)"))
        raise LookupError

    with pytest.raises(LookupError):
        migrations.connected(database_url, fail)
    assert not migrations.connected(database_url, lambda connection: inspect(connection).has_table("halfway"))


def test_a_row_read_again_after_its_table_changed(database_url: str) -> None:
    def work(connection: Connection) -> list[object]:
        connection.execute(text("CREATE TEMPORARY TABLE changing AS SELECT 1 AS a"))
        connection.execute(text("SELECT * FROM changing"))
        connection.execute(text("ALTER TABLE changing ADD b text DEFAULT 'new'"))
        return list(connection.execute(text("SELECT * FROM changing")).one())

    assert migrations.connected(database_url, work) == [1, "new"]


def test_several_hosts_are_tried(database_url: str) -> None:
    head, _, query = database_url.partition("?")
    parts = dict(parse_qsl(query))
    if "host" not in parts:
        pytest.skip("the server of this run is not reached through a socket")
    several = head + "?" + urlencode({**parts, "host": "/nowhere," + parts["host"]})
    assert migrations.status(several) == migrations.status(database_url)


async def test_from_inside_a_loop_only_through_a_thread(database_url: str) -> None:
    with pytest.raises(RuntimeError, match="to_thread"):
        migrations.status(database_url)
    assert "up to date" in await asyncio.to_thread(migrations.status, database_url)
