"""`ordo act`: verbs by name, with commands as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

import msgspec
import typer

from ordo.api.connect.inputs import read
from ordo.bootstrap import Machine
from ordo.cli import environment, verb_list
from ordo.cli.asking import worked
from ordo.cli.printing import print_json
from ordo.cli.telling import json_told
from ordo.kernel.problems import ParserError, Problem, Unavailable
from ordo.platform import access
from ordo.platform.calls import Entry
from ordo.platform.records import property_name
from ordo.platform.verbs import Verb, VerbAtom, verbs

COMMANDS_PER_WORK = 200

VerbName = Annotated[str | None, typer.Argument(metavar="VERB", help="Name of a verb.")]
Command = Annotated[
    str | None,
    typer.Argument(metavar="JSON", help="A command or an array of them; @FILE, or - for standard input."),
]
List = Annotated[bool, typer.Option("--list", help="List the verbs and the fields of their commands.")]
AsJson = Annotated[bool, typer.Option("--json", help="With --list: as a JSON array.")]
As = Annotated[str | None, typer.Option("--as", metavar="USERNAME", help="Whom records name as their author.")]


class Result(msgspec.Struct, frozen=True):
    """What came of one command: its verb's answer, or why it was refused."""

    success: bool
    answer: object = None
    errors: Sequence[Mapping[str, object]] = ()

    @classmethod
    def of(cls, outcome: Entry | Problem) -> Result:
        error = outcome.error if isinstance(outcome, Entry) else outcome
        if error is None:
            return cls(True, outcome.answer if isinstance(outcome, Entry) else None)
        if not isinstance(error, Problem):  # the worker has logged it
            error = Problem("An unexpected error occurred.")
        return cls(False, errors=[error.as_error()])


def act(
    name: VerbName = None,
    command: Command = None,
    *,
    show: List = False,
    as_json: AsJson = False,
    actor: As = None,
) -> None:
    """Does a verb; each command commits or is refused by itself. Ends with 1 if one was refused."""
    if show:
        _show(as_json=as_json)
        return
    if name is None or command is None:
        raise environment.refused("Say a verb and its command; `ordo act --list` shows them.", status=2)
    verb = _verb(name)
    told = json_told(command)
    commands = told if isinstance(told, list) else [told]
    outcomes = worked(lambda machine: _done(machine, verb, commands, actor))
    results = [Result.of(outcome) for outcome in outcomes]
    print_json(results if isinstance(told, list) else results[0])
    if any(isinstance(one, Entry) and isinstance(one.error, Unavailable) for one in outcomes):
        raise typer.Exit(2)
    if not all(result.success for result in results):
        raise typer.Exit(1)


def _show(*, as_json: bool) -> None:
    if as_json:
        print_json(verb_list.listed())
        return
    for line in verb_list.lines():
        print(line)


def _verb(name: str) -> Verb[Any, Any]:
    found = verbs().get(name)
    if found is None:
        near = get_close_matches(name, verbs(), n=1, cutoff=0.0)
        raise environment.refused(f"there is no verb {name}; the nearest is {', '.join(near)}")
    return found


async def _done(
    machine: Machine, verb: Verb[Any, Any], commands: Sequence[object], actor: str | None
) -> list[Entry | Problem]:
    """One outcome per command, in their order: what cannot be read is not tried."""
    user_id = await access.active_user(machine.database, actor) if actor else None
    outcomes: list[Entry | Problem] = [
        _read(verb, command, user_id or machine.organization.administrator_id) for command in commands
    ]
    entries = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
    for start in range(0, len(entries), COMMANDS_PER_WORK):
        some = entries[start : start + COMMANDS_PER_WORK]
        try:
            await machine.worker.run(some)
        except Problem as problem:  # what was done before stays done, and is told
            for entry in entries[start:]:
                entry.refuse(problem)
            break
    return outcomes


def _read(verb: Verb[Any, Any], command: object, actor: str) -> Entry | Problem:
    try:
        return Entry(VerbAtom(verb, read(verb.command, as_properties(command))), actor)
    except Problem as problem:
        return problem


def as_properties(command: object) -> object:
    """Fields may be spelled as in flows (`order_summary_id`) or as in the API (`orderSummaryId`)."""
    if isinstance(command, list):
        return [as_properties(part) for part in command]
    if not isinstance(command, dict):
        return command
    found: dict[str, object] = {}
    for name, value in command.items():
        spelled = property_name(name) if "_" in name else name
        if spelled in found:
            raise ParserError(f'Duplicate field "{spelled}"', fields=(spelled,))
        found[spelled] = as_properties(value)
    return found
