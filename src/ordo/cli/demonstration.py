"""What `ordo dev` does with the demo company: founds it on the first start, and plays the story of its sales."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from ordo.bootstrap import CREDENTIALS, Machine
from ordo.cli import importing
from ordo.cli.environment import console
from ordo.cli.printing import print_json, visible
from ordo.demo import company, story
from ordo.demo.client import App, Client, Refused
from ordo.demo.company import State
from ordo.demo.sales import Sale
from ordo.demo.story import Played, Step, Story
from ordo.kernel.problems import Problem
from ordo.platform import http
from ordo.platform.database import AWAY

log = structlog.get_logger()

_REMEDY = "`ordo app add` makes another login"


@dataclass
class Demonstration:
    """For one process. With `once`, the story is played however often it was, and then the process ends."""

    once: bool
    began: float = field(default_factory=time.monotonic)
    story: Story | None = None

    async def __call__(self, machine: Machine, base_url: str) -> bool:
        """Told on the terminal; what goes wrong with it hinders no server. Answers whether that is to end."""
        try:
            if await self._founded(machine):
                self.story = await self._played(machine, base_url)
                self._close(self.story, base_url)
        except (Refused, Problem, *AWAY) as error:
            self._fail(f"The demo did not succeed: {error or type(error).__name__}")
        except Exception:
            log.exception("the demo failed")
            self._fail("The demo failed.")
        return self.once

    def told(self, *, as_json: bool) -> int:
        """Prints the outcome, JSON for programs and a line per order for people; the exit code it deserves."""
        if self.story is None:
            self._fail("It was ended before the story was over.")
        assert self.story is not None
        if as_json:
            print_json(self.story)
        else:
            print_orders(self.story)
        return 0 if self.story.succeeded else 1

    async def _founded(self, machine: Machine) -> bool:
        """Founds the company where there is nothing yet; whether the story is to be played."""
        found = await company.state(machine.database)
        if found is State.OTHER:
            if self.once:
                raise Refused("this database holds data of its own, and no demo company (--home takes another)")
            return False
        if found is not State.THERE:
            await _found(machine)
        elif self.once:
            await _import(machine, *company.STOCK)  # earlier sales may have emptied the stores
        return self.once or not await story.is_over(machine.database)

    async def _played(self, machine: Machine, base_url: str) -> Story:
        app = _app(machine.settings.home / CREDENTIALS)
        async with http.session(base_url) as session:
            try:
                client = await Client.login(session, app)
            except Refused as refused:
                raise Refused(f"the login in {CREDENTIALS} is refused ({refused}); {_REMEDY}") from refused
            return await story.play(client, _Terminal(), self.began)

    def _close(self, story: Story, base_url: str) -> None:
        if story.first_paid_seconds is not None:
            say(f"\nThe first order was sent and paid {story.first_paid_seconds:.1f} s after the start.")
        if not self.once:
            say(f"{base_url} shows these orders, until Ctrl-C ends Ordo.")

    def _fail(self, problem: str) -> None:
        say(problem, style="red")
        self.story = Story(succeeded=False, seconds=round(time.monotonic() - self.began, 3), problem=problem)


async def _found(machine: Machine) -> None:
    say(f"The demo company, {company.NAME}:", style="bold")
    await company.begin(machine)
    for kind, path in company.LISTS:
        say(f"{await _import(machine, kind, path):7,} {path.stem}")
    await company.open_for_business(machine)


async def _import(machine: Machine, kind: str, path: Path) -> int:
    """How many rows went in: all, or Refused."""
    summary = await importing.import_list(machine, importing.SOURCES[kind](), path, tells=True)
    if summary.stopped or summary.refused:
        raise Refused(summary.stopped or f"{summary.refused} rows of {path.name} were refused")
    return summary.rows


def _app(path: Path) -> App:
    try:
        return msgspec.json.decode(path.read_bytes(), type=App)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused(f"{path} tells no login ({error}); {_REMEDY}") from error


class _Terminal(story.Teller):
    def begins(self, sale: Sale) -> None:
        say(f"\n{sale.about}", style="bold")

    def step(self, step: Step) -> None:
        say(f"{step.seconds:7.2f} s  {visible(step.said)}")

    def ends(self, played: Played) -> None:
        if played.problem:
            say(f"{played.seconds:7.2f} s  {visible(played.problem)}", style="red")


def print_orders(story: Story) -> None:
    for one in story.orders:
        outcome = "sent and paid" if one.succeeded else one.problem
        print(visible(f"{one.order_number or one.sale}: {one.currency} {one.captured} of {one.total}, {outcome}"))


def say(text: str, *, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
