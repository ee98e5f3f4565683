"""A key is looked up by its index, with a plan made while the table was empty too."""

from __future__ import annotations

import pytest
from tests.desk import Desk

from ordo.platform.fields import Kind
from ordo.platform.reading import Arm, Path, read_statement
from ordo.platform.records import nouns

INDEXED = [
    (shape.table, field.column)
    for shape in nouns()
    for field in shape.stored
    if field.id_lookup and field.kind is not Kind.ID and (field.unique or field.indexed)
]


@pytest.mark.parametrize(("table", "column"), INDEXED)
async def test_a_key_is_looked_up_by_its_index(desk: Desk, table: str, column: str) -> None:
    sql = read_statement((Arm("keys", Path(table, column)),), locking=False)
    async with desk.face.machine.database.write.acquire() as connection:
        await connection.execute(f"PREPARE keys AS {sql}")
        plan = [row[0] for row in await connection.fetch("EXPLAIN EXECUTE keys ('{a,b}')")]
        await connection.execute("DEALLOCATE keys")
    assert any(f"{table}_{column}_" in line for line in plan), plan
    assert any("Index Cond" in line and column in line for line in plan), plan
