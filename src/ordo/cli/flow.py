"""`ordo flow`: what flows could not do, and letting them try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ordo.cli.environment import console, dsn_given, settings_given
from ordo.kernel.ids import normalize
from ordo.platform import parked
from ordo.platform.database import Database

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Flows: parked, retry.")

Root = Annotated[str | None, typer.Option(help="The order (or other root) whose parked facts are taken again.")]
All = Annotated[bool, typer.Option("--all", help="Every parked fact.")]
AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array.")]


def _with_database(act: Callable[[Database], Awaitable[T]]) -> T:
    dsn = dsn_given(settings_given())

    async def run() -> T:
        database = await Database.connect(dsn)
        try:
            return await act(database)
        finally:
            await database.close()

    return uvloop.run(run())


@app.command("parked")
def show(as_json: AsJson = False) -> None:
    """Lists facts that were refused, and those that wait behind them."""
    found = _with_database(parked.parked)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table("Consumer", "Root", "Number", "Fact", "Parked at", "Reason")
    for fact in found:
        reason = f"{fact.reason} (released)" if fact.is_released else fact.reason
        texts = (fact.consumer, fact.root, str(fact.number), fact.kind, f"{fact.at:%Y-%m-%d %H:%M:%S}Z", reason)
        table.add_row(*(Text(text) for text in texts))  # a reason may hold what rich takes for markup
    Console().print(table)


@app.command()
def retry(root: Root = None, everything: All = False) -> None:
    """Releases parked facts: the worker takes them again, in their order."""
    if (root is None) is not everything:
        console.print("[red]Say either --root ID or --all.[/red]")
        raise typer.Exit(1)
    wanted = root and (normalize(root) or root)  # the 15-character form of an id will do
    released = _with_database(lambda database: parked.release(database, root=wanted))
    print(f"{released} released." if released else "Nothing to release.")
