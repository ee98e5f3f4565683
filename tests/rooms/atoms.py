"""Atoms made of functions, and one Work over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.desk import Desk

from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.work import Entry


def nothing(_: Reading) -> None:
    """No needs."""


@dataclass
class Do:
    """An atom made of a function; counts how often it was run."""

    act: Callable[[Unit], object]
    needs: Callable[[Reading], None] = nothing
    runs: int = 0

    def prefetch(self, reading: Reading) -> None:
        self.needs(reading)

    def run(self, unit: Unit) -> object:
        self.runs += 1
        return self.act(unit)


def facts(*roots: str) -> Do:
    """A fact of each of these roots, in this order."""

    def act(unit: Unit) -> None:
        for root in roots:
            unit.fact(root, "Tested")

    return Do(act)


async def work(desk: Desk, *atoms: Do) -> list[Entry]:
    """One Work over the atoms, each an entry of its own."""
    machine = desk.face.machine
    entries = [Entry(atom, machine.organization.administrator_id) for atom in atoms]
    await machine.worker.run(entries)
    return entries
