"""A flow as it is written: YAML text to `Flow`, refused with a sentence where it is none."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec
import yaml

from ordo.kernel.problems import Problem

TEXT_LENGTH_MAX = 64_000
_DEPTH_MAX = 20
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NAME_LENGTH_MAX = 80

Scalar: TypeAlias = str | int | float | bool | None


class BadFlow(Problem):
    """A flow that cannot be loaded: the text, its verbs, its arguments or its condition are wrong."""

    code = "FLOW_EXCEPTION"


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On a fact (`on`), if its fields are as told (`matching`) and a query finds a row (`when`), do verbs one
    after the other.

    `when`: SOQL; `:Name` is a field of the fact.
    `matching`: field of the fact → the value it must have, or a list of which it must have one.
    `do`: one-entry maps, verb name → arguments. `$Name` takes a field of the fact, `$verb.field` one of the
    answer of an earlier step, `$$` begins a text that begins with a dollar.
    """

    flow: str
    on: str
    do: list[dict[str, dict[str, Any] | None]]
    about: str = ""
    when: str = ""
    matching: dict[str, Scalar | list[Scalar]] = {}

    @classmethod
    def read(cls, text: str) -> Flow:
        """Raises BadFlow. Whether its verbs and arguments exist is seen when it is made ready."""
        try:
            flow = msgspec.convert(_loaded(text), cls)
        except (yaml.YAMLError, msgspec.ValidationError, ValueError, RecursionError) as error:
            raise BadFlow(f"this is no flow: {error}") from error
        flow._check()
        return flow

    def _check(self) -> None:
        if not _NAME.fullmatch(self.flow) or len(self.flow) > _NAME_LENGTH_MAX:
            raise BadFlow(f"'{self.flow}' is no name of a flow: lower case, digits and single hyphens")
        if not self.do:
            raise BadFlow(f"{self.flow}: it does nothing")
        for step in self.do:
            if len(step) != 1:
                raise BadFlow(f"{self.flow}: each entry of `do` is one verb with its arguments")


class _Loader(yaml.SafeLoader):
    """Plain words as in YAML 1.2, so that `on`, `NO`, `12:30` and `2026-01-31` are text. No aliases, no entry
    given twice, no deep nesting."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  the stubs declare no ClassVar
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a flow has no aliases")
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise yaml.YAMLError("it is nested too deeply")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise yaml.YAMLError(f"given twice: {', '.join(twice)}")
        return super().construct_mapping(node, deep)


for _tag, _pattern, _starts in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_starts))


def _loaded(text: str) -> Any:
    if len(text) > TEXT_LENGTH_MAX:
        raise yaml.YAMLError(f"longer than {TEXT_LENGTH_MAX} characters")
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def standard_flows() -> list[Flow]:
    """The flows shipped by default."""
    return [Flow.read(text) for text in standard_texts().values()]


def standard_texts() -> dict[str, str]:
    """Their YAML by name, in the order of the names; a file is called like its flow."""
    folder = files("ordo.flows") / "standard"
    found = [item for item in folder.iterdir() if item.name.endswith(".yaml")]
    return {
        item.name.removesuffix(".yaml"): item.read_text() for item in sorted(found, key=lambda item: item.name)
    }
