"""The sales that the folder `examples` holds, ready to be filled in and posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ordo.platform import packed


class Sale(msgspec.Struct, frozen=True):
    """A sale as a till posts it: `graph` is the body of `composite/graph`, in which `<name>` stands for the id
    that the query `lookups[name]` finds, and `<reference>` for the till's own number of the sale."""

    about: str
    lookups: dict[str, str]
    graph: dict[str, Any]

    def filled(self, ids: Mapping[str, str], reference: str) -> dict[str, Any]:
        """The body. KeyError for a lookup that `ids` lacks."""
        told = {f"<{name}>": ids[name] for name in self.lookups} | {"<reference>": reference}
        graph: dict[str, Any] = _filled(self.graph, told)
        return graph


def _filled(value: Any, told: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(part, told) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, told) for part in value]
    return told.get(value, value) if isinstance(value, str) else value


def load(name: str) -> Sale:
    """One of the examples, by its file's name without `.json`."""
    return msgspec.json.decode((packed.folder("examples") / f"{name}.json").read_bytes(), type=Sale)
