"""`ordo option`: what the merchant decides. Running processes follow within seconds."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from functools import cache
from textwrap import dedent
from typing import Annotated, Any

import msgspec
import typer

from ordo.cli.asking import asked
from ordo.cli.printing import print_json, print_table
from ordo.cli.telling import json_told
from ordo.cli.verb_list import sentences
from ordo.journeys.option_values import OptionIsInvalid, OptionIsUnknown, masked, names, set_option
from ordo.kernel.problems import InvalidInput
from ordo.platform import options
from ordo.platform.database import Database
from ordo.platform.options import Options

app = typer.Typer(no_args_is_help=True, help="Options of the organisation: list, show, set.")

Name = Annotated[str, typer.Argument(help="Name of an option.")]
Values = Annotated[
    list[str],
    typer.Argument(
        metavar="VALUE...",
        help="true or false; a text; each entry of a list; JSON (or @FILE, or - for standard input) of an object.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


class Shown(msgspec.Struct, frozen=True):
    """An option as it is now."""

    name: str
    value: object
    is_default: bool
    about: str


@app.command("list")
def list_options(*, as_json: AsJson = False) -> None:
    """Lists the options; what is called like a secret is masked."""
    found = asked(_all)
    if as_json:
        print_json(found)
        return
    rows = ((one.name, _text(one.value), "" if one.is_default else "set", one.about) for one in found)
    print_table(("Option", "Value", "", "About"), rows, whole=("Option",))


@app.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Prints an option's value; with --json, also its default and what it is about."""

    async def ask(database: Database) -> Shown:
        found = next((one for one in await _all(database) if one.name == name), None)
        if found is None:
            raise OptionIsUnknown(name)
        return found

    found = asked(ask)
    if as_json:
        print_json(found)
    else:
        print(_text(found.value))


@app.command("set")
def set_(name: Name, values: Values) -> None:
    """Sets an option for the whole organisation."""

    async def act(database: Database) -> None:
        if name not in names():
            raise OptionIsUnknown(name)
        await set_option(database, name, _value(name, values))

    asked(act)


def _value(name: str, said: Sequence[str]) -> object:
    """As the option's type wants it told."""
    default = getattr(Options(), name)
    if isinstance(default, list | tuple) and not (len(said) == 1 and said[0][:1] in "[@-"):
        return said
    if len(said) > 1:
        raise OptionIsInvalid(name, "it is one value")
    if isinstance(default, bool):
        if said[0] not in _BOOLEANS:
            raise OptionIsInvalid(name, f"it is true or false, not {said[0]}")
        return _BOOLEANS[said[0]]
    return said[0] if isinstance(default, str | None) else json_told(said[0], msgspec.json.decode)


_BOOLEANS = {"true": True, "false": False}


async def _all(database: Database) -> list[Shown]:
    try:
        stored = await options.load(database)
    except ValueError as error:
        raise InvalidInput(f"{error}: set it anew") from error
    default = Options()
    return [
        Shown(name, masked(getattr(stored, name)), getattr(stored, name) == getattr(default, name), about)
        for name, about in abouts().items()
    ]


@cache
def abouts() -> dict[str, str]:
    """What each option is about: the text that stands below it where it is declared."""
    (declared,) = ast.parse(dedent(inspect.getsource(Options))).body
    assert isinstance(declared, ast.ClassDef)
    found = dict.fromkeys(names(), "")
    for field, text in zip(declared.body, declared.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(about))):
                found[name] = sentences(about)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
