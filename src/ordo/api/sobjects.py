"""Records one by one: create, read, update, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from ordo.api.edge import answer, json_of, version_of
from ordo.api.nodes import wanted_field
from ordo.api.parts import Parts, parts_of
from ordo.api.writing import written
from ordo.kernel.problems import NotFound, ParserError
from ordo.platform import generic, wire
from ordo.platform.auth import Caller
from ordo.platform.calls import Entry
from ordo.platform.fields import Field
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, noun
from ordo.platform.roles import Right
from ordo.platform.unit import Unit
from ordo.platform.upserts import record_id_of
from ordo.platform.values import typed
from ordo.platform.verbs import Values


@dataclass(frozen=True)
class Create:
    """One new row of a noun; answers its id."""

    shape: Noun
    values: Values

    def prefetch(self, reading: Reading) -> None:
        generic.need_references(reading, self.shape, self.values)

    def run(self, unit: Unit) -> str:
        return generic.create(unit, self.shape, dict(self.values)).id


@dataclass(frozen=True)
class Update:
    """A change of named fields of one row."""

    shape: Noun
    record_id: str
    values: Values

    def prefetch(self, reading: Reading) -> None:
        generic.need_change(reading, self.shape, self.record_id, self.values)

    def run(self, unit: Unit) -> None:
        generic.update(unit, self.shape, self.record_id, dict(self.values))


@dataclass(frozen=True)
class Delete:
    """One row into the recycle bin."""

    shape: Noun
    record_id: str

    def prefetch(self, reading: Reading) -> None:
        generic.need_family(reading, self.shape, self.record_id)

    def run(self, unit: Unit) -> None:
        generic.delete(unit, self.shape, self.record_id)


@dataclass(frozen=True)
class Read:
    """One row as its document."""

    shape: Noun
    record_id: str
    version: str
    fields: list[Field] | None

    def prefetch(self, reading: Reading) -> None:
        reading.rows(self.shape.record, "id", [self.record_id])

    def run(self, unit: Unit) -> dict[str, Any]:
        return wire.document(generic.read(unit, self.shape, self.record_id), self.version, self.fields)


class Asked(NamedTuple):
    """Who asks for records of which noun, in which version."""

    parts: Parts
    version: str
    shape: Noun
    caller: Caller


async def asked(request: Request, right: Right) -> Asked:
    """Nothing is said about an object to somebody without a session, nor done without the right."""
    parts, version = parts_of(request), version_of(request)
    caller = await parts.caller(request)
    shape = noun(request.path_params["noun"])
    if shape is None:
        raise NotFound
    caller.require(right, shape.api)
    return Asked(parts, version, shape, caller)


def id_of(request: Request, shape: Noun) -> str:
    """The record id of the path: 404 if it is none, MALFORMED_ID if it is another noun's."""
    return record_id_of(shape, request.path_params["record"])


async def body_of(parts: Parts, request: Request) -> dict[str, Any]:
    body = await json_of(request, parts.settings.body_bytes_max)
    if not isinstance(body, dict):
        raise ParserError("The request body must be an object")
    return body


async def create(request: Request) -> Response:
    parts, version, shape, caller = await asked(request, Right.CREATE)
    values = typed(shape, await body_of(parts, request), creating=True)

    def created(entries: Sequence[Entry]) -> Response:
        record_id = str(entries[0].result())
        headers = {"Location": wire.location(version, shape.api, record_id)}
        return answer({"id": record_id, "success": True, "errors": []}, 201, headers)

    return await written(request, caller, [Create(shape, values)], created)


async def read(request: Request) -> Response:
    parts, version, shape, caller = await asked(request, Right.READ)
    named = request.query_params.get("fields")
    fields = [wanted_field(shape, name) for name in named.split(",")] if named else None
    (entry,) = await parts.submit([Read(shape, id_of(request, shape), version, fields)], caller)
    return answer(entry.result())


async def update(request: Request) -> Response:
    parts, _, shape, caller = await asked(request, Right.UPDATE)
    values = typed(shape, await body_of(parts, request), creating=False)
    return await written(request, caller, [Update(shape, id_of(request, shape), values)], _done)


async def delete(request: Request) -> Response:
    _, _, shape, caller = await asked(request, Right.DELETE)
    return await written(request, caller, [Delete(shape, id_of(request, shape))], _done)


def _done(entries: Sequence[Entry]) -> Response:
    entries[0].result()
    return Response(status_code=204)
