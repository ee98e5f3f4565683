"""What every command needs of its surroundings: settings, the database's address, a console for refusals."""

from __future__ import annotations

import typer
from rich.console import Console

from ordo.platform.settings import Settings

console = Console(stderr=True)


def settings() -> Settings:
    """Ends the command with 2 if they are wrong."""
    try:
        return Settings.from_environment()
    except ValueError as error:
        raise refused(str(error), status=2) from error


def dsn(found: Settings) -> str:
    """Ends the command with 2 if no database is named."""
    if found.database_url is None:
        raise refused("ORDO_DATABASE_URL is not set; `ordo dev` runs on a database of its own.", status=2)
    return found.database_url


def refused(message: str, *, status: int = 1) -> typer.Exit:
    """Says why; to be raised."""
    console.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(status)
