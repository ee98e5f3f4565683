"""`ordo events`: what happens, fact by fact, as it happens."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated

import typer

from ordo.cli import environment
from ordo.cli.asking import asked
from ordo.cli.environment import console
from ordo.cli.printing import visible
from ordo.journeys.naming import order_id
from ordo.platform import timeline, wire
from ordo.platform.database import AWAY, Database
from ordo.platform.timeline import TimedFact

POLL_SECONDS = 0.25
AWAY_SECONDS = 0.5
TEXT_SHOWN_MAX = 120

Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")]
OrderOption = Annotated[
    str | None,
    typer.Option("--order", help="One order's whole story: by id, id of its summary, number or reference."),
]
Since = Annotated[int | None, typer.Option(help="Only what came after this replay id.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def events(
    *, follow: Follow = False, order: OrderOption = None, since: Since = None, as_json: AsJson = False
) -> None:
    """Prints facts in the order of their replay ids, as workers number them: those of the last days; with --follow
    what happens from now on; with --order one order's whole story."""
    if order is not None and since is not None:
        raise environment.refused("Say either --order or --since.", status=2)

    async def ask(database: Database) -> None:
        story = await _story(database, order, since, follow=follow)
        async for fact in _all(story, follow=follow):
            print(_json(fact) if as_json else _line(fact))

    try:
        asked(ask)
    except (KeyboardInterrupt, BrokenPipeError):
        _leave_quietly()


def _leave_quietly() -> None:
    """Whoever read has seen enough, or is gone: then Python's own last flush must not fail once more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Story:
    """Where the reader is in the feed, or, with a root, in that one's facts."""

    def __init__(self, database: Database, last: int, root: str | None = None) -> None:
        self._database = database
        self._last = last
        self._root = root

    async def next(self) -> list[TimedFact]:
        if self._root is not None:
            found = await timeline.of_root(self._database, self._root, self._last)
            self._last = found[-1].number if found else self._last
            return found
        found = await timeline.since(self._database, self._last)
        self._last = (found[-1].replay_id or self._last) if found else self._last
        return found


async def _story(database: Database, order: str | None, since: int | None, *, follow: bool) -> _Story:
    if order is not None:
        return _Story(database, 0, await order_id(database, order))
    if since is None:
        since = await timeline.end_of_feed(database) if follow else 0
    return _Story(database, since)


async def _all(story: _Story, *, follow: bool) -> AsyncIterator[TimedFact]:
    """Facts step by step; with `follow` without end, also over a database that goes away and comes back."""
    is_away = False
    while True:
        try:
            found = await story.next()
        except AWAY as away:
            if not follow:
                raise
            if not is_away:
                console.print(f"The database is away: {away or type(away).__name__}", style="red", markup=False)
            is_away = True
            await asyncio.sleep(AWAY_SECONDS)
            continue
        is_away = False
        for fact in found:
            yield fact
        sys.stdout.flush()
        if not found:
            if not follow:
                return
            await asyncio.sleep(POLL_SECONDS)


def _json(fact: TimedFact) -> str:
    return wire.encode(fact).decode()


def _line(fact: TimedFact) -> str:
    """Replay id, time, order or root, kind, and what the fact says."""
    replay = () if fact.replay_id is None else (str(fact.replay_id),)
    at = f"{fact.at:%Y-%m-%d %H:%M:%S}.{fact.at.microsecond // 1000:03d}Z"
    said = (f"{name}={text}" for name, text in _said(fact.body, fact.root))
    return visible("  ".join((*replay, at, fact.order_number or fact.root, fact.kind, *said)))


def _said(body: Mapping[str, object], root: str) -> Iterator[tuple[str, str]]:
    """Without what is null, and without the root once more."""
    for name, value in body.items():
        if value is None or value in (root, []):
            continue
        text = value if isinstance(value, str) else wire.encode(value).decode()
        yield name, text if len(text) <= TEXT_SHOWN_MAX else text[: TEXT_SHOWN_MAX - 1] + "…"
