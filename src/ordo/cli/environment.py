"""What every command needs of its surroundings: settings, the database's address, a console for refusals."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import asyncpg
import typer
import uvloop
from rich.console import Console

from ordo.platform import migrations
from ordo.platform.database import AWAY
from ordo.platform.embedded_holder import running_dsn
from ordo.platform.settings import Settings

T = TypeVar("T")
PORT_MAX = 65_535
console = Console(stderr=True)


def settings(**more: object) -> Settings:
    """Of the environment, under those of the command line; ends the command with 2 if they are wrong."""
    try:
        return Settings.from_environment(**more)
    except ValueError as error:
        raise refused(str(error), status=2) from error


def dsn(found: Settings) -> str:
    """Ends the command with 2 if no database is named, or by no URL."""
    if found.database_url is None:
        raise refused("ORDO_DATABASE_URL is not set; `ordo dev` runs on a database of its own.", status=2)
    if not _is_url(found.database_url):
        form = "postgresql://user:password@host:5432/database"  # the value itself may hold a password
        raise refused(f"ORDO_DATABASE_URL is no PostgreSQL URL, such as {form}.", status=2)
    return found.database_url


def dsn_or_running(found: Settings) -> str:
    """For a command on what is there: without a named database, the embedded one that runs in the home."""
    if found.database_url is not None:
        return dsn(found)
    running = running_dsn(found.home)
    if running is None:
        none = f"no embedded database is running in {found.home} (`ordo dev` starts one)"
        raise refused(f"ORDO_DATABASE_URL is not set, and {none}.", status=2)
    return running


@contextmanager
def reaching() -> Iterator[None]:
    """Ends the command with 2 if its database is away, lets nobody in or is not up to date."""
    try:
        yield
    except Exception as error:
        said = mistake(error)
        if said is None:
            raise
        raise refused(said, status=2) from error


def mistake(error: Exception) -> str | None:
    """What is wrong with the database, in a sentence; None if the error says something else."""
    match error:
        case BrokenPipeError():  # of whoever read the output: `ordo query … | head`
            return None
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return "The database is not up to date: `ordo db upgrade`."
        case asyncpg.ClientConfigurationError():
            return f"ORDO_DATABASE_URL cannot be used: {error}"
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidCatalogNameError():
            return f"The database does not let Ordo in: {error}"
        case _ if isinstance(error, AWAY):
            return f"The database is away: {str(error) or type(error).__name__}"
    return None


def upgrade(dsn: str) -> None:
    """Brings that database to this version; ends the command with 2 if it is something else's."""
    try:
        migrations.upgrade(dsn)
    except migrations.DatabaseIsOfSomethingElse as error:
        raise refused(str(error), status=2) from error


def reach(dsn: str) -> None:
    """Ends the command with 2 if nothing can be asked of that database."""

    async def touch() -> None:
        await (await asyncpg.connect(dsn)).close()

    with reaching():
        uvloop.run(touch())


def port_in_range(port: int | None) -> int | None:
    """Ends the command with 2 if that is no port."""
    if port is not None and not 0 <= port <= PORT_MAX:
        raise refused(f"{port} is no port: ports go from 0 to {PORT_MAX}.", status=2)
    return port


def listening(listen: Callable[[str, int], T], host: str, port: int, option: str = "--port") -> T:
    """What `listen` opens there; ends the command with 2 if that address cannot be had."""
    try:
        return listen(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise refused(f"Ordo cannot listen on {host}, port {port}: {error}", status=2) from error
        free = _next_free(host, port)
        advice = f"; the next free one is {free}: {option} {free}" if free else ""
        raise refused(f"Port {port} is in use{advice}.", status=2) from error


def _next_free(host: str, port: int) -> int | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port + 1, min(port + 1000, PORT_MAX + 1)):
        with socket.socket(family) as attempt, contextlib.suppress(OSError):
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind((host, candidate))
            return candidate
    return None


def refused(message: str, *, status: int = 1) -> typer.Exit:
    """Says why; to be raised."""
    console.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(status)


def _is_url(text: str) -> bool:
    """A PostgreSQL URL, which may name several hosts with their ports."""
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    hosts = url.netloc.rpartition("@")[2].split(",")
    return url.scheme in {"postgresql", "postgres"} and all(_is_host(host) for host in hosts)


def _is_host(text: str) -> bool:
    port = text.rpartition("]")[2].partition(":")[2]  # an IPv6 address stands in brackets
    return not port or (port.isascii() and port.isdigit() and int(port) <= PORT_MAX)
