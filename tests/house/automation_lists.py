"""Writes the lists of docs/how-to/automate.md: the facts and the verbs there are.

Facts are found in the source, where they are said (`unit.fact(root, "Kind", Field=…)`); verbs are those declared.

`python -m tests.house.automation_lists` writes the page anew.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

import ordo.bootstrap  # noqa: F401  declares the verbs
from ordo.cli.verb_list import about
from ordo.flows.steps import answered
from ordo.platform.verbs import Verb, verbs

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "automate.md"


def facts() -> dict[str, list[str]]:
    """The fields of every fact by its name, `Root` left out."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src" / "ordo").rglob("*.py")):
        for kind, fields in _said(ast.parse(path.read_text())):
            known = found.setdefault(kind, [])
            known += [field for field in fields if field not in known]
    return dict(sorted(found.items()))


def _said(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "fact":
            continue
        if len(node.args) == 2 and isinstance(node.args[1], ast.Constant):
            yield str(node.args[1].value), [keyword.arg for keyword in node.keywords if keyword.arg]


def page(text: str) -> str:
    """The page with its lists as they should be."""
    lists = {
        "facts": _table(("fact", "its fields"), ((f"`{kind}`", _codes(names)) for kind, names in facts().items())),
        "verbs": _table(("verb", "arguments", "answers", "does"), map(_verb_row, declared())),
    }
    for name, table in lists.items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)", rf"\1{table}\2", text, flags=re.DOTALL)
    return text


def declared() -> list[Verb[Any, Any]]:
    """Those of Ordo itself: a test may have made others."""
    return sorted(
        (verb for verb in verbs().values() if verb.run.__module__.startswith("ordo.")),
        key=lambda verb: verb.name,
    )


def _verb_row(verb: Verb[Any, Any]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(verb.command)
    needed = _codes(field.encode_name for field in fields if field.required)
    more = _codes(field.encode_name for field in fields if not field.required)
    arguments = "; may have ".join(part for part in (needed, more) if part)
    return f"`{verb.name}`", arguments, _codes(answered(verb) or ()), about(verb).replace("|", "\\|")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    PAGE.write_text(page(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
