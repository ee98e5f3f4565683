"""The verbs there are, and what their commands look like."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ordo.flows.steps import answered
from ordo.platform.verbs import Verb, verbs

_REQUIREMENTS = re.compile(r" \((?:S[0-4]-|C)\d+[^)]*\)")


class VerbField(msgspec.Struct, frozen=True):
    """A field of a command; `fields` are those of a part, or of each part of a list."""

    name: str
    type: str
    is_required: bool
    fields: Sequence[VerbField] = ()


class ListedVerb(msgspec.Struct, frozen=True):
    name: str
    about: str
    fields: Sequence[VerbField]
    answers: Sequence[str]


def listed() -> list[ListedVerb]:
    """By name; those of Ordo itself."""
    return [
        ListedVerb(verb.name, about(verb), _fields(verb.command), answered(verb) or ())
        for verb in sorted(verbs().values(), key=lambda one: one.name)
        if verb.run.__module__.startswith("ordo.")
    ]


def about(verb: Verb[Any, Any]) -> str:
    """The first paragraph of its docstring, without requirement ids."""
    return sentences((inspect.getdoc(verb.run) or "").split("\n\n")[0])


def sentences(text: str) -> str:
    """Of a docstring: on one line, without requirement ids."""
    return _REQUIREMENTS.sub("", " ".join(text.split()))


def _fields(command: type[msgspec.Struct]) -> list[VerbField]:
    info = msgspec.inspect.type_info(command)
    assert isinstance(info, msgspec.inspect.StructType)
    return [VerbField(field.encode_name, *_shape(field.type, is_required=field.required)) for field in info.fields]


def _shape(info: Any, *, is_required: bool) -> tuple[str, bool, Sequence[VerbField]]:
    """What JSON calls the type, and the fields of what is in it."""
    match info:
        case msgspec.inspect.Metadata():
            return _shape(info.type, is_required=is_required)
        case msgspec.inspect.UnionType():
            inner = [one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)]
            return _shape(inner[0] if len(inner) == 1 else None, is_required=is_required)
        case msgspec.inspect.ListType():
            name, _, fields = _shape(info.item_type, is_required=True)
            return f"array of {name}s", is_required, fields
        case msgspec.inspect.StructType():
            return "object", is_required, _fields(info.cls)
    return _WORDS.get(type(info), "value"), is_required, ()


_WORDS: dict[type, str] = {
    msgspec.inspect.StrType: "string",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.DecimalType: "number",
    msgspec.inspect.IntType: "number",
}


def lines() -> Iterator[str]:
    """For people: each verb, what it does and its fields; a part's fields stand below it."""
    for verb in listed():
        yield verb.name
        yield f"  {verb.about}"
        yield from _lines(verb.fields, "    ")
        yield ""


def _lines(fields: Sequence[VerbField], indent: str) -> Iterator[str]:
    for field in fields:
        yield f"{indent}{field.name}: {field.type}{'' if field.is_required else ', may lack'}"
        yield from _lines(field.fields, indent + "  ")
