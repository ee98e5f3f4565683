"""Writes docs/reference/requirements.md: every requirement with the tests that show it.

Requirements stand in docs/reference/requirements.toml. A test shows a requirement when it quotes the id in its
docstring, in its name (lower case, `_` for `-`) or in a comment within or right above it; two ids with `…`
between them are all ids from the first to the second. What a module quotes outside its tests counts for the file.

`python -m tests.house.requirement_table` writes the page anew.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeGuard

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
DATA = ROOT / "docs" / "reference" / "requirements.toml"
PAGE = DATA.with_suffix(".md")

_ID = r"(?:S[0-4]-|C)\d+"
_QUOTED = re.compile(rf"\b({_ID})\b(?:\s*…\s*\b({_ID})\b)?")
_NAMED = re.compile(r"_((?:s[0-4]_|c)\d+)(?=_|$)")

_HEAD = """# Requirements

Generated from `requirements.toml` and the tests: `python -m tests.house.requirement_table`. Do not edit.

Each row is one thing Ordo must do. The last column names the tests that quote its id; a listed test may show only
a part of the row, and a row without a test is not shown yet.
"""


class Section(NamedTuple):
    """A group of requirements: its heading, a sentence on it, and the text of each by id."""

    title: str
    about: str
    texts: Mapping[str, str]


class Quote(NamedTuple):
    """A test, or a test file, that names a requirement."""

    requirement: str
    test: str


def sections(data: Path = DATA) -> list[Section]:
    """The requirements as they are written down, in their order."""
    document = tomllib.loads(data.read_text())
    return [Section(part["title"], part["about"], part["requirements"]) for part in document.values()]


def quotes(tests: Path = TESTS) -> set[Quote]:
    """Every id that a test file below `tests` quotes."""
    root = tests.parent
    return {
        Quote(requirement, f"{path.relative_to(root).as_posix()}{test}")
        for path in sorted(tests.rglob("test_*.py"))
        for requirement, test in quoted_in(path.read_text())
    }


def quoted_in(source: str) -> Iterator[tuple[str, str]]:
    """Pairs of a requirement's id and `::test`; the second is empty outside a test."""
    tree = ast.parse(source)
    spans = dict(_spans(tree, source.splitlines()))
    for line, text in (*_docstrings(tree), *_comments(source)):
        yield from ((requirement, spans.get(line, "")) for requirement in ids_in(text))
    for node in ast.walk(tree):
        if _is_test(node):
            for name in _NAMED.findall(node.name):
                yield name.replace("_", "-").upper(), spans[node.lineno]


def ids_in(text: str) -> Iterator[str]:
    """The ids a text quotes, ranges spelled out."""
    for first, last in _QUOTED.findall(text):
        yield from _range(first, last) if last else (first,)


def _range(first: str, last: str) -> Iterator[str]:
    (kind, low), (other, high) = _split(first), _split(last)
    if kind != other or int(low) >= int(high):
        raise ValueError(f"{first}…{last} is no range")
    return (f"{kind}{number:0{len(low)}}" for number in range(int(low), int(high) + 1))


def _split(requirement: str) -> tuple[str, str]:
    digits = re.search(r"\d+$", requirement)
    assert digits is not None
    return requirement[: digits.start()], digits[0]


def _is_test(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def _spans(tree: ast.Module, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Which test a line belongs to: its decorators, and the comment right above them, are its own."""
    for prefix, body in _bodies(tree):
        for node in body:
            if _is_test(node):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                while first > 1 and lines[first - 2].lstrip().startswith("#"):
                    first -= 1
                for line in range(first, (node.end_lineno or node.lineno) + 1):
                    yield line, f"::{prefix}{node.name}"


def _bodies(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield "", tree.body
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"{node.name}::", node.body


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield node.body[0].lineno, text


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def page(parts: Iterable[Section], found: Iterable[Quote]) -> str:
    """The page's text."""
    by_id: dict[str, list[str]] = {}
    for quote in sorted(found):
        by_id.setdefault(quote.requirement, []).append(quote.test)
    return _HEAD + "".join(_section(part, by_id) for part in parts)


def _section(part: Section, tests: Mapping[str, list[str]]) -> str:
    rows = [f"\n## {part.title}\n", f"{part.about}\n", "| id | requirement | tests |", "|---|---|---|"]
    for requirement, text in part.texts.items():
        shown = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests.get(requirement, []))
        rows.append(f"| {requirement} | {text} | {shown} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    PAGE.write_text(page(sections(), quotes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
