"""`ordo flow`: what happens by itself, listed and changed. Running workers follow within seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ordo.bootstrap import database_alone
from ordo.cli import environment
from ordo.flows import catalogue
from ordo.flows.catalogue import Listed
from ordo.flows.engine import ReadyFlow
from ordo.flows.flow import BadFlow
from ordo.kernel.ids import normalize
from ordo.kernel.problems import Problem
from ordo.platform import parked, stored_flows
from ordo.platform.database import Database

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Flows: list, show, on, off, put, remove, parked, retry.")

Name = Annotated[str, typer.Argument(help="Name of a flow.")]
Root = Annotated[str | None, typer.Option(help="The order (or other root) whose parked facts are taken again.")]
All = Annotated[bool, typer.Option("--all", help="Every parked fact.")]
AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array.")]


def _asked(ask: Callable[[Database], Awaitable[T]]) -> T:
    """What a question to the database answers; a refusal ends the command with 1."""
    dsn = environment.dsn_or_running(environment.settings())

    async def asking() -> T:
        async with database_alone(dsn) as database:
            return await ask(database)

    try:
        with environment.reaching():
            return uvloop.run(asking())
    except Problem as problem:
        raise environment.refused(problem.message) from problem


@app.command("list")
def list_flows(*, as_json: AsJson = False) -> None:
    """Lists the flows: name, standard or own, on or off, what it is about."""
    rows = [_row(one) for one in catalogue.listed(_asked(stored_flows.load))]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        about = f"broken: {row['problem']}" if row["problem"] else row["about"]
        print(f"{row['name']:{width}}  {row['kind']:8}  {row['state']:3}  {' '.join(about.split())}".rstrip())


def _row(one: Listed) -> dict[str, str]:
    about = problem = ""
    try:
        flow = one.read()
        about = " ".join(flow.about.split())
        ReadyFlow(flow)
    except BadFlow as bad:
        problem = bad.message
    return {
        "name": one.name,
        "kind": "standard" if one.is_standard else "own",
        "state": "on" if one.is_active else "off",
        "about": about,
        "problem": problem,
    }


@app.command()
def show(name: Name) -> None:
    """Prints a flow's YAML, to be read or copied."""
    print(_asked(lambda database: catalogue.found(database, name)).text.rstrip("\n"))


@app.command()
def on(name: Name) -> None:
    """Switches a flow on. Facts that happened while it was off are not made up for."""
    _asked(lambda database: catalogue.switch(database, name, is_active=True))


@app.command()
def off(name: Name) -> None:
    """Switches a flow off."""
    _asked(lambda database: catalogue.switch(database, name, is_active=False))


@app.command()
def put(file: Annotated[Path, typer.Argument(help="A flow as YAML.", exists=True, dir_okay=False)]) -> None:
    """Checks a flow of your own and adds it, switched on; or replaces the one of its name."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise environment.refused(f"{file} cannot be read: {error}") from error
    print(_asked(lambda database: catalogue.put(database, text)))


@app.command()
def remove(name: Name) -> None:
    """Removes a flow of your own."""
    _asked(lambda database: catalogue.remove(database, name))


@app.command("parked")
def list_parked(*, as_json: AsJson = False) -> None:
    """Lists facts that were refused, and those that wait behind them."""
    found = _asked(parked.parked)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    root_width = max((len(fact.root) for fact in found), default=0)  # it is what `retry --root` is told
    root = Column("Root", min_width=root_width, no_wrap=True)
    others = (Column(name, overflow="fold") for name in ("Number", "Fact", "Parked at", "Reason"))
    table = Table(Column("Consumer", overflow="fold"), root, *others)
    for fact in found:
        reason = f"{fact.reason} (released)" if fact.is_released else fact.reason
        texts = (fact.consumer, fact.root, str(fact.number), fact.kind, f"{fact.at:%Y-%m-%d %H:%M:%S}Z", reason)
        table.add_row(*(Text(text) for text in texts))  # a reason may hold what rich takes for markup
    Console().print(table, crop=False)


@app.command()
def retry(root: Root = None, *, everything: All = False) -> None:
    """Releases parked facts: the worker takes them again, in their order."""
    if (root is None) is not everything:
        raise environment.refused("Say either --root ID or --all.")
    wanted = root and (normalize(root) or root)  # the 15-character form of an id will do
    released = _asked(lambda database: parked.release(database, root=wanted))
    print(f"{released} released." if released else "Nothing to release.")
