"""What a command takes from the environment, or ends with exit code 2."""

from __future__ import annotations

import typer
from rich.console import Console

from ordo.platform.settings import Settings

console = Console(stderr=True)


def settings_given() -> Settings:
    try:
        return Settings.from_environment()
    except ValueError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error


def dsn_given(settings: Settings) -> str:
    if settings.database_url is None:
        console.print("[red]ORDO_DATABASE_URL is not set; `ordo dev` runs on a database of its own.[/red]")
        raise typer.Exit(2)
    return settings.database_url
