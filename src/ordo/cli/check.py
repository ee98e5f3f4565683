"""`ordo check`: whether every law holds in the data as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ordo.cli.asking import asked
from ordo.cli.environment import console
from ordo.cli.printing import print_json, visible
from ordo.journeys.checking import Verdict, judged, snapshot
from ordo.journeys.laws import LAWS
from ordo.platform.database import Database

AsJson = Annotated[bool, typer.Option("--json", help="As a JSON array, one object per law.")]
Examples = Annotated[int, typer.Option(help="How many ids to show of what breaks a law.", min=0, max=1000)]
Seconds = Annotated[int, typer.Option(help="How long one law may take.", min=1, max=86_400)]


def check(*, as_json: AsJson = False, examples: Examples = 5, seconds: Seconds = 60) -> None:
    """Asks every law of the live data. Ends with 1 if one is broken, with 2 if one could not be checked."""

    async def ask(database: Database) -> list[Verdict]:
        found = []
        async with snapshot(database, seconds) as connection:
            with _progress() as progress:
                task = progress.add_task("", total=len(LAWS))
                for law in LAWS:
                    progress.update(task, description=law.name)
                    found.append(await judged(connection, law, seconds=seconds, examples=examples))
                    progress.advance(task)
        return found

    found = asked(ask)
    if as_json:
        print_json(found)
    else:
        _tell(found, seconds)
    states = {verdict.state for verdict in found}
    if "broken" in states:
        raise typer.Exit(1)
    if "not checked" in states:
        raise typer.Exit(2)


def _progress() -> Progress:
    """On a terminal only, and gone at the end."""
    bar = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*bar, console=console, transient=True, disable=not console.is_terminal)


def _tell(found: Sequence[Verdict], seconds: int) -> None:
    for verdict in found:
        if verdict.state == "broken":
            such = f", such as {', '.join(map(visible, verdict.examples))}" if verdict.examples else ""
            print(f"broken: {verdict.law}: {verdict.count}{such}")
        elif verdict.state == "not checked":
            print(f"not checked: {verdict.law}: it took more than {seconds} s")
    counts = [f"{sum(one.state == state for one in found)} {word}" for state, word in _WORDS.items()]
    print(f"{len(found)} laws: {', '.join(counts)}.")


_WORDS = {"holds": "hold", "broken": "broken", "not checked": "not checked"}
