"""`ordo query`: SOQL as the API serves it, as a table, as JSON or as CSV, row by row."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Annotated, Any, Protocol

import typer

from ordo.api.edge import NEWEST
from ordo.cli import environment
from ordo.cli.asking import asked
from ordo.cli.record_table import RecordTable, terminal_width
from ordo.kernel.clock import Clock
from ordo.platform import options, wire
from ordo.platform.database import Database
from ordo.soql import Compiled, Scope, compile_query

ROWS_PER_STEP = 500
STEP_SECONDS_MAX = 3600.0

Soql = Annotated[str, typer.Argument(help="A SOQL statement.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array of records, as the API shows them.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV, one line per record.")]
All = Annotated[bool, typer.Option("--all", help="Deleted records too.")]


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Printer(Protocol):
    """Prints records as they come, and what is left at the end."""

    def take(self, records: Sequence[bytes]) -> None: ...

    def end(self) -> None: ...


def query(soql: Soql, *, as_json: AsJson = False, as_csv: AsCsv = False, everything: All = False) -> None:
    """Asks a SOQL query as an administrator. Ends with 1 if it is refused."""
    if as_json and as_csv:
        raise environment.refused("Say either --json or --csv.")
    form = Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE

    async def ask(database: Database) -> None:
        compiled = await _compiled(database, soql, everything)
        if compiled.counted:
            async with database.reader() as connection:
                print(await connection.fetchval(compiled.count_sql, *compiled.count(), timeout=STEP_SECONDS_MAX))
        else:
            await _print(database, compiled, _printer(form, compiled))

    asked(ask)


async def _compiled(database: Database, soql: str, everything: bool) -> Compiled:
    stored = await options.load(database)
    scope = Scope(
        f"{NEWEST}.0", Clock().now(), "", include_deleted=everything, person_accounts=stored.person_accounts
    )
    return compile_query(soql.strip(), scope)


async def _print(database: Database, compiled: Compiled, printer: Printer) -> None:
    """From one snapshot, a step at a time: the result is never in memory as a whole."""
    async with database.reader() as connection, connection.transaction(readonly=True):
        cursor = await connection.cursor(compiled.sql, *compiled.page(0, 2**62), timeout=STEP_SECONDS_MAX)
        while rows := await cursor.fetch(ROWS_PER_STEP, timeout=STEP_SECONDS_MAX):
            printer.take([row["j"] for row in rows])
    printer.end()


def _printer(form: Form, compiled: Compiled) -> Printer:
    if form is Form.JSON:
        return JsonPrinter()
    columns = columns_of(compiled.columns["columnMetadata"])
    return CsvPrinter(columns) if form is Form.CSV else TablePrinter(columns)


def columns_of(told: Sequence[Mapping[str, Any]], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every column: fields of parents by way of the parent, child records as one column."""
    parts = []
    for column in told:
        path = (*above, column["columnName"])
        inner = [] if column["aggregate"] else column["joinColumns"]
        parts.append(columns_of(inner, path) if inner else [path])
    return list(chain.from_iterable(parts))


def cells_of(record: Mapping[str, Any], columns: Sequence[tuple[str, ...]]) -> Iterator[Any]:
    for path in columns:
        value: Any = record
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        yield plain(value)


def plain(value: Any) -> Any:
    """Without what is said of a record's type and address; child records are a list."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"totalSize", "done", "records"}:
        return plain(value["records"])
    return {name: plain(inner) for name, inner in value.items() if name != "attributes"}


def text_of(value: Any) -> str:
    """A cell: a text as it is, everything else as JSON; nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else wire.encode(value).decode()


class JsonPrinter:
    """The records as the database wrote them."""

    def __init__(self) -> None:
        self._begun = False

    def take(self, records: Sequence[bytes]) -> None:
        for record in records:
            print(",\n" if self._begun else "[\n", record.decode(), sep="", end="")
            self._begun = True

    def end(self) -> None:
        print("\n]" if self._begun else "[]")


class CsvPrinter:
    """RFC 4180, with the columns' paths (`Account.Name`) in the first line."""

    def __init__(self, columns: Sequence[tuple[str, ...]]) -> None:
        self._columns = columns
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(".".join(path) for path in columns)

    def take(self, records: Sequence[bytes]) -> None:
        for record in records:
            cells = cells_of(wire.decode_exactly(record), self._columns)
            self._writer.writerow([text_of(cell) for cell in cells])

    def end(self) -> None:
        """Nothing is left."""


class TablePrinter:
    """Widths are those of the first step; a terminal too narrow for a table gets a block per record."""

    def __init__(self, columns: Sequence[tuple[str, ...]]) -> None:
        self._columns = columns
        self._count = 0
        self._table = RecordTable([".".join(path) for path in columns], terminal_width())

    def take(self, records: Sequence[bytes]) -> None:
        decoded = map(wire.decode_exactly, records)
        lines = self._table.lines([[text_of(cell) for cell in cells_of(one, self._columns)] for one in decoded])
        for line in lines:
            print(line)
        self._count += len(records)

    def end(self) -> None:
        print(f"{self._count} record{'' if self._count == 1 else 's'}")
