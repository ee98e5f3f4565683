"""`ordo user`: who may log in, and as what. Running servers follow within two seconds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ordo.api.sobjects import Create, Update
from ordo.bootstrap import Machine
from ordo.cli.asking import asked, worked
from ordo.cli.printing import print_json
from ordo.cli.record_table import print_records
from ordo.cli.telling import Ask, Stdin, password_told
from ordo.journeys.naming import location_id
from ordo.kernel.problems import DuplicateValue, Problem
from ordo.objects.accounts import User
from ordo.platform import access
from ordo.platform.access import Person
from ordo.platform.administration import NewSecrets
from ordo.platform.calls import Atom, Entry
from ordo.platform.profiles import LANGUAGE, LOCALE, ZONE, profile_id
from ordo.platform.roles import PERMISSIONS, Role
from ordo.platform.values import typed

app = typer.Typer(no_args_is_help=True, help="Users: list, add, password, role, off, on.")


def role_told(said: str) -> Role:
    """`store-associate` is as good as `store associate`."""
    try:
        return Role(said.strip().lower().replace("-", " ").replace("_", " "))
    except ValueError as error:
        raise typer.BadParameter(f"there is no role {said}; there are {', '.join(Role)}") from error


Username = Annotated[str, typer.Argument(help="The username; looks like an email address.")]
RoleName = Annotated[Role, typer.Argument(help=", ".join(Role), parser=role_told, metavar="ROLE")]
RoleOption = Annotated[Role, typer.Option("--role", help=", ".join(Role), parser=role_told, metavar="ROLE")]
Place = Annotated[str | None, typer.Option("--location", help="A store associate's location: its Name or id.")]
NoToken = Annotated[bool, typer.Option("--no-security-token", help="The password alone is enough to log in.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """Lists users: username, role, location, whether they may log in."""
    found = asked(access.users)
    if as_json:
        print_json(found)
        return
    rows = ((one.username, one.role, one.location or one.location_id, _state(one), one.user_id) for one in found)
    print_records(("Username", "Role", "Location", "State", "Id"), rows)


def _state(person: Person) -> str:
    if not person.is_active:
        return "off"
    if not person.has_login:
        return "no login"
    return f"locked until {person.locked_until:%Y-%m-%d %H:%M}Z" if person.locked_until else "on"


@app.command()
def add(
    username: Username,
    *,
    role: RoleOption,
    location: Place = None,
    last_name: Annotated[str | None, typer.Option(help="Default: the username up to its @.")] = None,
    first_name: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option(help="Default: the username.")] = None,
    ask: Ask = False,
    stdin: Stdin = False,
    no_security_token: NoToken = False,
    as_json: AsJson = False,
) -> None:
    """Makes a user who can log in, and shows the secrets once. A User without a login gets one."""
    password = password_told(ask=ask, stdin=stdin)
    named = {"LastName": last_name, "FirstName": first_name, "Email": email}
    body = _body(username, role) | {name: value for name, value in named.items() if value is not None}

    async def act(machine: Machine) -> NewSecrets:
        place = await _place(machine, role, location)
        user_id, name = await _user_without_login(machine, username, body)
        return await machine.auth().administration.create_user_credential(
            user_id, name, password, role, location_id=place, with_security_token=not no_security_token
        )

    _show(username, worked(act), as_json=as_json)


def _body(username: str, role: Role) -> dict[str, Any]:
    """What the records API asks for of a User."""
    local = username.partition("@")[0]
    return {
        "Username": username, "Email": username, "LastName": local, "Alias": local[:8],
        "CommunityNickname": username[:40], "ProfileId": profile_id(role), "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": LANGUAGE, "LocaleSidKey": LOCALE, "TimeZoneSidKey": ZONE,
    }  # fmt: skip


async def _place(machine: Machine, role: Role, location: str | None) -> str | None:
    """Looked at before anything is written."""
    if PERMISSIONS[role].located and location is None:
        raise Problem(f"a {role} needs a location: --location")
    if location is not None and not PERMISSIONS[role].located:
        raise Problem(f"a location is for a {Role.STORE_ASSOCIATE} only")
    return await location_id(machine.database, location) if location is not None else None


async def _user_without_login(machine: Machine, username: str, body: dict[str, Any]) -> tuple[str, str]:
    """Id and username of a new User row; of the one that is there, if it has no login: an attempt may have ended
    between the two."""
    found = await access.known(machine.database, username)
    if found is None:
        made = await _written(machine, Create(User.__noun__, typed(User.__noun__, body, creating=True)))
        return str(made), username
    if found.has_login:
        raise DuplicateValue(f"there is a user {username} who can log in", fields=("Username",))
    if found.user_id == machine.organization.automation_id:
        raise Problem(f"{username} is whom flows act as, and nobody who logs in")
    if not found.is_active:
        raise Problem(f"the user {username} is off: `ordo user on {username}`")
    return found.user_id, found.username


async def _written(machine: Machine, atom: Atom) -> object:
    """By the rules of the records API, done by the machine itself: a command may switch off any administrator."""
    entry = Entry(atom, machine.organization.automation_id)
    await machine.worker.run([entry])
    return entry.result()


@app.command()
def password(
    username: Username,
    *,
    ask: Ask = False,
    stdin: Stdin = False,
    no_security_token: NoToken = False,
    as_json: AsJson = False,
) -> None:
    """Sets a new password and security token, shows them once and ends the user's sessions."""
    told = password_told(ask=ask, stdin=stdin)

    async def act(machine: Machine) -> NewSecrets:
        person = await _with_login(machine, username)
        return await machine.auth().administration.set_password(
            person.user_id, told, with_security_token=not no_security_token
        )

    _show(username, worked(act), as_json=as_json)


@app.command()
def role(username: Username, role: RoleName, *, location: Place = None) -> None:
    """Gives a user another role or location, and ends the user's sessions."""

    async def act(machine: Machine) -> None:
        person = await _with_login(machine, username)
        place = await _place(machine, role, location)
        await machine.auth().administration.set_access(person.user_id, role, place)
        await _update(machine, person, {"ProfileId": profile_id(role)})

    worked(act)


async def _with_login(machine: Machine, username: str) -> Person:
    person = await access.user(machine.database, username)
    if not person.has_login:
        raise Problem(f"{username} has no login: `ordo user add {username}`")
    return person


@app.command()
def off(username: Username) -> None:
    """Switches a user off and ends the user's sessions."""
    worked(lambda machine: _switched(machine, username, is_active=False))


@app.command()
def on(username: Username) -> None:
    """Lets a user in again, a locked one too."""
    worked(lambda machine: _switched(machine, username, is_active=True))


async def _switched(machine: Machine, username: str, *, is_active: bool) -> None:
    """By the row of User, whose rule takes login and sessions along; a login may be without one."""
    person = await access.user(machine.database, username)
    if person.has_record:
        await _update(machine, person, {"IsActive": is_active})
        return
    administration = machine.auth().administration
    await (administration.activate if is_active else administration.deactivate)(person.user_id)


async def _update(machine: Machine, person: Person, body: dict[str, Any]) -> None:
    """The row of User; a login may be without one."""
    if person.has_record:
        values = typed(User.__noun__, body, creating=False)
        await _written(machine, Update(User.__noun__, person.user_id, values))


def _show(username: str, secrets: NewSecrets, *, as_json: bool) -> None:
    told = {"username": username, "password": secrets.password, "security_token": secrets.security_token}
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        if value is not None:
            print(f"{name}: {value}")
