"""The `ordo` command as a person calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.desk import Desk
from typer.testing import CliRunner, Result

from ordo.cli.main import app

PROBES = "%@probe.example"
Ordo = Callable[..., Awaitable[Result]]


def invoked(environment: dict[str, str | None], *arguments: str, told: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=told, env={"COLUMNS": "200"} | environment)


@pytest.fixture
def ordo(desk: Desk, database_url: str) -> Ordo:
    """`await ordo("flow", "list")` in a thread of its own, as a process has its own loop; `told` is typed in."""

    async def run(*arguments: str, told: str | None = None, **environment: str) -> Result:
        known: dict[str, str | None] = {"ORDO_DATABASE_URL": database_url, **environment}
        return await asyncio.to_thread(invoked, known, *arguments, told=told)

    return run


@pytest.fixture
async def tidy(desk: Desk) -> AsyncIterator[None]:
    """Users (of @probe.example) and apps (probe …) outlive a test; these do not."""
    yield
    for table, name in (("credential", "username"), ("user", "username"), ("connectedapp", "name")):
        await desk.rows(f'DELETE FROM "{table}" WHERE {name} LIKE $1', "probe %" if name == "name" else PROBES)
