"""The demo company in a test's database."""

from __future__ import annotations

from ordo.bootstrap import Machine
from ordo.cli.importing import SOURCES, import_list
from ordo.demo import company


async def load(machine: Machine, lists: int = len(company.LISTS)) -> list[str]:
    """Loads it as `ordo dev` does, or only so many of its lists; what became of their rows."""
    await company.begin(machine)
    told = [
        str(await import_list(machine, SOURCES[kind](), path, tells=True)) for kind, path in company.LISTS[:lists]
    ]
    if lists == len(company.LISTS):
        await company.open_for_business(machine)
    return told
