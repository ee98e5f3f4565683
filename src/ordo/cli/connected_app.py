"""`ordo app`: connected apps, by which programs log in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ordo.bootstrap import Machine
from ordo.cli import environment
from ordo.cli.asking import asked, worked
from ordo.cli.printing import print_json
from ordo.cli.record_table import print_records
from ordo.kernel.problems import Problem
from ordo.platform import access
from ordo.platform.administration import DEFAULT_SCOPES

app = typer.Typer(no_args_is_help=True, help="Connected apps: list, add, secret, off, on.")

Name = Annotated[str, typer.Argument(help="Client id of an app, or its name if no other has it.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_apps(*, as_json: AsJson = False) -> None:
    """Lists the connected apps; secrets are not known any more."""
    found = asked(access.apps)
    if as_json:
        print_json(found)
        return
    rows = (
        (one.name, one.client_id, one.run_as, one.scopes, one.has_certificate, "on" if one.is_active else "off")
        for one in found
    )
    print_records(("Name", "Client id", "Runs as", "Scopes", "Certificate", "State"), rows)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the app is called in lists.")],
    *,
    run_as: Annotated[
        str | None,
        typer.Option(
            metavar="USERNAME",
            help="Whom client credentials act for, and the only user a JWT may name. Default: nobody, and any.",
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="A certificate or RSA public key (PEM) that checks JWTs.", exists=True, dir_okay=False),
    ] = None,
    scopes: Annotated[str, typer.Option(help="What its sessions may do, by OAuth scope.")] = DEFAULT_SCOPES,
    as_json: AsJson = False,
) -> None:
    """Makes a connected app, and shows its client id and secret once."""
    pem = _read(certificate) if certificate is not None else None
    if not name.strip():
        raise environment.refused("an app needs a name")

    async def act(machine: Machine) -> tuple[str, str]:
        user_id = await _who_logs_in(machine, run_as) if run_as is not None else None
        try:
            return await machine.auth().administration.create_app(name, user_id, scopes, certificate_pem=pem)
        except ValueError as error:
            raise Problem(f"{certificate} cannot be used: {error}") from error

    client_id, secret = worked(act)
    _show(client_id, secret, as_json=as_json)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise environment.refused(f"{file} cannot be read: {error}") from error


async def _who_logs_in(machine: Machine, username: str) -> str:
    person = await access.user(machine.database, username)
    if not (person.has_login and person.is_active):
        raise Problem(f"{username} cannot log in, so no app can do so as {username}")
    return person.user_id


@app.command()
def secret(name: Name, *, as_json: AsJson = False) -> None:
    """Makes a new client secret and shows it once; the old one is good for nothing from now on."""

    async def act(machine: Machine) -> tuple[str, str]:
        found = await access.app(machine.database, name)
        return found.client_id, await machine.auth().administration.rotate_app_secret(found.client_id)

    client_id, made = worked(act)
    _show(client_id, made, as_json=as_json)


@app.command()
def off(name: Name) -> None:
    """Switches an app off and ends the sessions it opened."""

    async def act(machine: Machine) -> None:
        found = await access.app(machine.database, name)
        await machine.auth().administration.deactivate_app(found.client_id)

    worked(act)


@app.command()
def on(name: Name) -> None:
    """Lets an app log in again."""

    async def act(machine: Machine) -> None:
        found = await access.app(machine.database, name)
        await machine.auth().administration.activate_app(found.client_id)

    worked(act)


def _show(client_id: str, secret: str, *, as_json: bool) -> None:
    told = {"client_id": client_id, "client_secret": secret}
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        print(f"{name}: {value}")
