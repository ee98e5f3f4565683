"""The `ordo` command as a person calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.desk import Desk
from typer.testing import CliRunner, Result

from ordo.cli.main import app

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
