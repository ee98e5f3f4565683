"""`ordo import`: a merchant's lists of locations, goods and stock, row by row; the good ones go in."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn

from ordo.bootstrap import Machine
from ordo.cli import environment
from ordo.cli.asking import worked
from ordo.cli.csv_file import CsvFile, FileIsUnreadable, Row
from ordo.cli.environment import console
from ordo.cli.import_columns import Inventory, Locations, Products, Source
from ordo.cli.printing import print_json, visible
from ordo.kernel.problems import Problem, Unavailable
from ordo.platform.database import AWAY
from ordo.platform.work import Entry

ROWS_PER_WORK = 200
REFUSALS_KEPT = 1000
REASON_SHOWN_MAX = 500
SOURCES: Mapping[str, type[Source]] = {"locations": Locations, "products": Products, "inventory": Inventory}
"""By the command that takes them."""

app = typer.Typer(no_args_is_help=True, help="Lists of a merchant, as CSV: locations, products, inventory.")

File = Annotated[str, typer.Argument(help="A CSV file, or - for standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="The summary as JSON.")]


class Refusal(msgspec.Struct, frozen=True):
    """A row that did not go in: where it begins, the column it is about, and why."""

    line: int
    column: str | None
    code: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return visible(f"{where}: {self.reason}")


@dataclass
class Summary:
    """What became of the rows; of the refusals the first REFUSALS_KEPT are kept."""

    rows: int = 0
    made: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    stopped: str | None = None

    def take(self, outcome: str) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)

    def refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append(refusal)

    def __str__(self) -> str:
        counts = f"{self.made} made, {self.changed} changed, {self.unchanged} unchanged, {self.refused} refused"
        return f"{self.rows} row{'' if self.rows == 1 else 's'}: {counts}."


@app.command()
def locations(file: File, *, as_json: AsJson = False) -> None:
    """Warehouses and stores by Name, their fields by API name. An empty cell leaves what is there. Ends with
    1 if a row was refused."""
    _import(Locations(), file, as_json=as_json)


@app.command()
def products(file: File, *, as_json: AsJson = False) -> None:
    """Products by StockKeepingUnit (or SKU), their fields by API name, and their prices: Price, Pricebook and
    CurrencyIsoCode. An empty cell leaves what is there. Ends with 1 if a row was refused."""
    _import(Products(), file, as_json=as_json)


@app.command()
def inventory(file: File, *, as_json: AsJson = False) -> None:
    """Sets what is in stock: StockKeepingUnit (or SKU), Location (name, external reference or id), OnHand, and
    maybe Reason. What the file does not name stays as it is. Ends with 1 if a row was refused."""
    _import(Inventory(), file, as_json=as_json)


def _import(source: Source, name: str, *, as_json: bool) -> None:
    with _reading(source, name, tells=not as_json) as run:
        summary = worked(run.done)
    if as_json:
        print_json(summary)
    else:
        print(summary)
    if summary.stopped:
        raise environment.refused(summary.stopped, status=2)
    if summary.refused:
        raise typer.Exit(1)


async def import_list(machine: Machine, source: Source, path: Path, *, tells: bool) -> Summary:
    """One file into a machine that is there; `tells` prints what is refused."""
    with _reading(source, str(path), tells=tells) as run:
        return await run.done(machine)


@contextmanager
def _reading(source: Source, name: str, *, tells: bool) -> Iterator[Run]:
    """Ends the command with 2 if nothing can be made of the file."""
    with _opened(name) as stream:
        try:
            file = CsvFile(stream, source.column, needs=source.needs)
        except (FileIsUnreadable, OSError) as error:
            raise environment.refused(f"{name} cannot be imported: {error}", status=2) from error
        yield Run(source, file, stream, 0 if name == "-" else Path(name).stat().st_size, tells=tells)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise environment.refused(f"{name} cannot be read: {error}", status=2) from error
    with stream:
        yield stream


class Run:
    """One file going in, ROWS_PER_WORK rows in memory at a time."""

    def __init__(self, source: Source, file: CsvFile, stream: BinaryIO, size: int, *, tells: bool) -> None:
        self._source = source
        self._file = file
        self._stream = stream
        self._size = size
        self._tells = tells
        self._summary = Summary()
        self._refused: list[Refusal] = []

    async def done(self, machine: Machine) -> Summary:
        """What went in stays in when the database goes away, and is told."""
        with _progress() as progress:
            task = progress.add_task("", total=self._size or None)
            rows = self._file.rows()
            batch: list[Row] = []
            try:
                while batch := list(islice(rows, ROWS_PER_WORK)):
                    await self._batch(machine, batch)
                    place = self._stream.tell() if self._size else None
                    progress.update(task, completed=place, description=f"{self._summary.rows} rows")
            except (Unavailable, *AWAY) as away:
                self._tell()
                place = batch[0].line if batch else 1
                self._summary.stopped = (
                    f"The database is away, and rows from line {place} on are not in, or not all: "
                    f"{str(away) or type(away).__name__}"
                )
        return self._summary

    async def _batch(self, machine: Machine, batch: list[Row]) -> None:
        read: list[tuple[Row, Entry]] = []
        for row in batch:
            try:
                if row.problem is not None:
                    raise row.problem
                atom = await self._source.atom(machine.database, row.cells)
                read.append((row, Entry(atom, machine.organization.administrator_id)))
            except Problem as problem:
                self._refuse(row, problem)
        for wave in _waves(read, lambda pair: self._source.key(pair[0].cells)):
            await self._wave(machine, wave)
        self._summary.rows += len(batch)
        self._tell()

    async def _wave(self, machine: Machine, wave: list[tuple[Row, Entry]]) -> None:
        entries = [entry for _, entry in wave]
        try:
            await machine.worker.run(entries)
        except Unavailable:
            raise
        except Problem as problem:
            for entry in entries:
                entry.refuse(problem)
        for row, entry in wave:
            if entry.error is None:
                self._summary.take(self._source.outcome(entry.answer))
            elif isinstance(entry.error, Problem):
                self._refuse(row, entry.error)
            else:  # the worker has logged it
                self._refuse(row, Problem("An unexpected error occurred."))

    def _refuse(self, row: Row, problem: Problem) -> None:
        about = self._source.column_of(problem.fields[0]) if problem.fields else None
        column = about and self._file.spelled(about)
        self._refused.append(Refusal(row.line, column, problem.code, problem.message[:REASON_SHOWN_MAX]))

    def _tell(self) -> None:
        """The refusals of a batch in the order of its lines."""
        for refusal in sorted(self._refused, key=lambda one: one.line):
            self._summary.refuse(refusal)
            if self._tells:
                console.print(str(refusal), style="red", markup=False, highlight=False, soft_wrap=True)
        self._refused.clear()


def _waves(
    pairs: Iterable[tuple[Row, Entry]], key: Callable[[tuple[Row, Entry]], Hashable]
) -> list[list[tuple[Row, Entry]]]:
    """Atoms of one Work run in no promised order, so the second row of a key waits for the wave of the first."""
    waves: defaultdict[int, list[tuple[Row, Entry]]] = defaultdict(list)
    seen: defaultdict[Hashable, int] = defaultdict(int)
    for pair in pairs:
        waves[seen[key(pair)]].append(pair)
        seen[key(pair)] += 1
    return [waves[number] for number in sorted(waves)]


def _progress() -> Progress:
    """On a terminal only, and gone at the end."""
    bar = (BarColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*bar, console=console, transient=True, disable=not console.is_terminal)
