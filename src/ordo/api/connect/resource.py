"""What a Connect resource is: a path, a verb, the shape of its answer. Rights, errors and codes are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ordo.api.connect.inputs import read
from ordo.api.edge import answer, json_of, version_of
from ordo.api.parts import parts_of
from ordo.api.writing import written
from ordo.kernel.problems import ParserError, Problem
from ordo.platform.auth import Caller
from ordo.platform.calls import Atom, Entry
from ordo.platform.verbs import Verb, VerbAtom


class ErrorResponse(msgspec.Struct, rename="camel"):
    error_code: str
    message: str

    @classmethod
    def of(cls, problem: Problem) -> ErrorResponse:
        return cls(problem.code, problem.message)


class Output(msgspec.Struct, rename="camel", kw_only=True):
    """What every answer says; a resource adds its own properties, each with a default for a refusal."""

    success: bool = True
    errors: list[ErrorResponse] = []


class ErrorWithOutput(msgspec.Struct, rename="camel"):
    """An error of the platform that carries the resource's own answer (1.4)."""

    error_code: str
    message: str
    enhanced_error_type: None
    output: Output


class RefusedWithOutput(Problem):
    """A refusal that carries the resource's own answer."""

    def __init__(self, problem: Problem, output: Output) -> None:
        super().__init__(problem.message, fields=problem.fields, code=problem.code, status=problem.status)
        self._output = output

    def as_body(self) -> list[object]:
        return [ErrorWithOutput(self.code, self.message, None, self._output)]


def one_atom(resource: Resource, command: Any) -> list[VerbAtom[Any]]:
    """The body is one command."""
    return [VerbAtom(resource.verb, command)]


def one_output(resource: Resource, _: Any, entries: Sequence[Entry]) -> Output:
    """The verb's answer, property by property."""
    made: Any = entries[0].result()
    return resource.output(**msgspec.structs.asdict(made))


@dataclass(frozen=True)
class Resource:
    """`POST path` does the verb and answers its answer in the shape of `output`, property by property.

    `{names}` in the path are properties of the command. `aliases` are further names of properties. Where the
    body is not the verb's command, `input` says what it is, `atoms` what it asks for and `outcome` what is
    answered; both are pure.
    """

    path: str
    verb: Verb[Any, Any]
    output: type[Output]
    aliases: Mapping[str, str] = field(default_factory=dict)
    input: type[msgspec.Struct] | None = None
    atoms: Callable[[Resource, Any], Sequence[Atom]] = one_atom
    outcome: Callable[[Resource, Any, Sequence[Entry]], Output] = one_output

    async def __call__(self, request: Request) -> Response:
        """201, also where entries of the answer failed; a refusal carries the output as it stands then."""
        version_of(request)
        caller = await parts_of(request).caller(request)
        self.require(caller)
        try:
            return await self._performed(request, caller)
        except Problem as problem:
            raise self.refusal(problem) from problem

    def require(self, caller: Caller) -> None:
        """InsufficientAccess (403)."""
        caller.require_verb(self.verb.name)
        caller.require_location(None)  # whoever is bound to a location: no resource narrows down to one yet

    def refusal(self, problem: Problem) -> Problem:
        """The problem with the resource's own answer."""
        if problem.retry_after_seconds is not None:
            return problem  # nothing is wrong with the request: told as everywhere
        return RefusedWithOutput(problem, self.output(success=False, errors=[ErrorResponse.of(problem)]))

    async def _performed(self, request: Request, caller: Caller) -> Response:
        limit = parts_of(request).settings.body_bytes_max
        body = await json_of(request, limit, may_lack=True)
        named = {name: value for name, value in request.path_params.items() if name != "version"}
        told = self.told(named, body)

        def reply(entries: Sequence[Entry]) -> Response:
            return answer(self.outcome(self, told, entries), 201)

        return await written(request, caller, self.atoms(self, told), reply)

    def told(self, named: Mapping[str, Any], body: object) -> Any:
        """What path and body tell, as the resource's input; a Problem says what is wrong with it."""
        if not isinstance(body, dict):
            raise ParserError("The request body must be an object")
        for name in body:
            if name in named:
                raise ParserError(f'Unrecognized field "{name}"', fields=(name,))
        properties = {self.aliases.get(name, name): value for name, value in body.items()} | dict(named)
        return read(self.input or self.verb.command, properties)
