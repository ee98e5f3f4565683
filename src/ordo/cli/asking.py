"""How a command asks the database, or changes something with a worker of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from ordo.bootstrap import Machine, database_alone, opened
from ordo.cli import environment
from ordo.kernel.problems import Problem, Unavailable
from ordo.platform.database import Database

T = TypeVar("T")


def asked(ask: Callable[[Database], Awaitable[T]]) -> T:
    """What a question to the database answers; a refusal ends the command with 1, a database away with 2."""
    dsn = environment.dsn_or_running(environment.settings())

    async def asking() -> T:
        async with database_alone(dsn) as database:
            return await ask(database)

    return _run(asking)


def worked(act: Callable[[Machine], Awaitable[T]]) -> T:
    """As `asked`, for what needs ids, options or verbs: the parts of a process, for as long as `act` takes."""
    settings = environment.settings()
    dsn = environment.dsn_or_running(settings)
    environment.reach(dsn)  # a server would wait for its database; a command says that it is away

    async def working() -> T:
        async with opened(settings, dsn) as machine:
            return await act(machine)

    return _run(working)


def _run(act: Callable[[], Awaitable[T]]) -> T:
    async def acting() -> T:
        return await act()

    try:
        with environment.reaching():
            return uvloop.run(acting())
    except Problem as problem:
        status = 2 if isinstance(problem, Unavailable) else 1
        raise environment.refused(problem.message, status=status) from problem
    except UnicodeEncodeError as error:  # an argument whose bytes are no UTF-8
        raise environment.refused(f"this is no text: {error}") from error
