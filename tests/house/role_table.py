"""Writes docs/reference/roles.md: what each role may do with every object and action, from platform/roles.py.

`python -m tests.house.role_table` writes the page anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.house.automation_lists import declared

from ordo.platform.records import Noun, noun, nouns
from ordo.platform.roles import PERMISSIONS, Permission, Right, Role

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"

_HEAD = """# What roles may do

Generated from `src/ordo/platform/roles.py`: `python -m tests.house.role_table`. Do not edit.

Who logs in has one role. What it does not give is answered with 403 `INSUFFICIENT_ACCESS`, whichever way it is
asked for, and nothing is done.
"""
_OBJECTS = """
## Objects

C create, R read (a query may show it, as row, parent or child), U update, D delete. An object has only the calls
it is served with, whatever the role.

"""
_LOCATION = """
## One location

Where a cell says *own*, the role is limited to one location, the login's, and a row counts as of the location that
its path leads to. Rows of other locations are not there: reading or changing one is 404, naming one is an unknown
reference, queries, counts and child queries leave them out, and as a parent they are null. What it writes must
stay its own. An action may name rows and locations of its own only.

"""
_ACTIONS = """
## Actions

"""


def page() -> str:
    """The page's text."""
    return "".join([_HEAD, _OBJECTS, _table("object", _objects()), _LOCATION, _located(), _ACTIONS, _actions()])


def _table(first: str, rows: Iterable[Iterable[str]]) -> str:
    heads = [first, *Role]
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _objects() -> Iterator[list[str]]:
    for shape in (one for one in nouns() if one.record.__module__.startswith("ordo.")):
        yield [shape.api, *(_cell(PERMISSIONS[role], shape) for role in Role)]


def _cell(permission: Permission, shape: Noun) -> str:
    given = "".join(right for right in Right if permission.allows(right, shape.api))
    return f"{given} own" if given and shape.table in permission.located else given or "–"


def _located() -> str:
    paths: Mapping[str, str] = {name: path for one in PERMISSIONS.values() for name, path in one.located.items()}
    rows = [(shape.api, f"`{path}`") for name, path in paths.items() if (shape := noun(name)) is not None]
    return "| object | its location |\n|---|---|\n" + "".join(f"| {api} | {path} |\n" for api, path in rows)


def _actions() -> str:
    rows = (
        [verb.name, *("yes" if PERMISSIONS[role].allows_verb(verb.name) else "–" for role in Role)]
        for verb in declared()
    )
    return _table("action", rows)


def main() -> int:
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
