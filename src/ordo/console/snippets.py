"""First calls to copy, as they run in the folder where Ordo was started."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "templates" / "snippets"
_WRITTEN = '".ordo/credentials.json"'  # as the texts have it


@dataclass(frozen=True)
class Snippet:
    """`name` is its client, `needs` what it needs and how it is run."""

    name: str
    needs: str
    text: str


def snippets(credentials: str, *, speaks_https: bool) -> list[Snippet]:
    """The secrets are never in them: each reads the file of that name.

    simple-salesforce is left out of an Ordo that does not speak https, since it speaks nothing else.
    """
    clients = [
        ("curl", "In a shell, with python3.", shlex.quote),
        ("simple-salesforce", "pip install simple-salesforce; in python3.", _literal),
        ("jsforce", "npm install jsforce; save as first.mjs, then: node first.mjs.", _literal),
    ]
    return [
        Snippet(name, needs, _reading(name, credentials, quote))
        for name, needs, quote in clients
        if speaks_https or name != "simple-salesforce"
    ]


def _literal(text: str) -> str:
    """A string of Python and of JavaScript."""
    return json.dumps(text, ensure_ascii=False)


def _reading(name: str, credentials: str, quote: Callable[[str], str]) -> str:
    text = (_FOLDER / f"{name}.txt").read_text()
    assert text.count(_WRITTEN) == 1, name
    return text.replace(_WRITTEN, quote(credentials))
