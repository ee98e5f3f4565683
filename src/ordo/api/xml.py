"""XML from outside: no document type, no entities, so nothing in it can grow or reach out."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

DEPTH_MAX = 50


class MalformedXml(ValueError):  # noqa: N818  the face answers it in its own shape
    """It does not parse, or says what it may not say."""


def parse(document: bytes) -> Element:
    """The root element, names as `{namespace}name`; MalformedXml."""
    builder = _Builder()
    try:
        builder.parser.Parse(document, True)
        return builder.tree.close()
    except (expat.ExpatError, AssertionError, ValueError, LookupError) as error:
        if isinstance(error, MalformedXml):
            raise
        raise MalformedXml("the request is no well-formed XML") from error


class _Builder:
    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.tree.data
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self._depth = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise MalformedXml("the request is nested too deeply")
        self.tree.start(_named(name), {_named(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(_named(name))

    def _refuse(self, *_told: object) -> NoReturn:
        raise MalformedXml("a document type or entity is not allowed")


def _named(name: str) -> str:
    return "{" + name if "}" in name else name
