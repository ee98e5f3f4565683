"""`ordo flow`: what happens by itself, listed and changed. Running workers follow within seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ordo.cli import environment
from ordo.cli.asking import asked
from ordo.cli.printing import print_json, print_table
from ordo.flows import catalogue
from ordo.flows.catalogue import Listed
from ordo.flows.engine import ReadyFlow
from ordo.flows.flow import BadFlow
from ordo.kernel.ids import normalize
from ordo.platform import parked, stored_flows

app = typer.Typer(no_args_is_help=True, help="Flows: list, show, on, off, put, remove, parked, retry.")

Name = Annotated[str, typer.Argument(help="Name of a flow.")]
Root = Annotated[str | None, typer.Option(help="The order (or other root) whose parked facts are taken again.")]
All = Annotated[bool, typer.Option("--all", help="Every parked fact.")]
AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array.")]


@app.command("list")
def list_flows(*, as_json: AsJson = False) -> None:
    """Lists the flows: name, standard or own, on or off, what it is about."""
    rows = [_row(one) for one in catalogue.listed(asked(stored_flows.load))]
    if as_json:
        print_json(rows)
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
    print(asked(lambda database: catalogue.found(database, name)).text.rstrip("\n"))


@app.command()
def on(name: Name) -> None:
    """Switches a flow on. Facts that happened while it was off are not made up for."""
    asked(lambda database: catalogue.switch(database, name, is_active=True))


@app.command()
def off(name: Name) -> None:
    """Switches a flow off."""
    asked(lambda database: catalogue.switch(database, name, is_active=False))


@app.command()
def put(file: Annotated[Path, typer.Argument(help="A flow as YAML.", exists=True, dir_okay=False)]) -> None:
    """Checks a flow of your own and adds it, switched on; or replaces the one of its name."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise environment.refused(f"{file} cannot be read: {error}") from error
    print(asked(lambda database: catalogue.put(database, text)))


@app.command()
def remove(name: Name) -> None:
    """Removes a flow of your own."""
    asked(lambda database: catalogue.remove(database, name))


@app.command("parked")
def list_parked(*, as_json: AsJson = False) -> None:
    """Lists facts that were refused, and those that wait behind them."""
    found = asked(parked.parked)
    if as_json:
        print_json(found)
        return
    rows = (
        (
            fact.consumer, fact.root, fact.number, fact.kind, f"{fact.at:%Y-%m-%d %H:%M:%S}Z",
            f"{fact.reason} (released)" if fact.is_released else fact.reason,
        )
        for fact in found
    )  # fmt: skip
    # the root is what `retry --root` is told
    print_table(("Consumer", "Root", "Number", "Fact", "Parked at", "Reason"), rows, whole=("Root",))


@app.command()
def retry(root: Root = None, *, everything: All = False) -> None:
    """Releases parked facts: the worker takes them again, in their order."""
    if (root is None) is not everything:
        raise environment.refused("Say either --root ID or --all.")
    wanted = root and (normalize(root) or root)  # the 15-character form of an id will do
    released = asked(lambda database: parked.release(database, root=wanted))
    print(f"{released} released." if released else "Nothing to release.")
