"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import category

import msgspec
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ordo.platform import wire


def print_json(value: object) -> None:
    """Indented; decimals as exact numbers."""
    print(msgspec.json.format(wire.encode(value)).decode())


def visible(text: str) -> str:
    """On one line, and nothing in it that a terminal obeys: what shoppers wrote is not trusted."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    is_harmless = char.isprintable() or category(char) == "Zs"  # any kind of space
    return char if is_harmless else char.encode("unicode_escape").decode()


def told(value: object) -> str:
    """A cell: nothing for None, yes or no for a boolean."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(str(value))


def print_table(names: Sequence[str], rows: Iterable[Sequence[object]], *, whole: Sequence[str] = ()) -> None:
    """Cells are folded where the terminal is narrow, but those of the columns `whole`: ids to be copied."""
    texts = [[Text(told(value)) for value in row] for row in rows]  # a value may hold what rich takes for markup
    widths = [max((cell.cell_len for cell in column), default=0) for column in zip(*texts, strict=True)]
    columns = [
        Column(name, min_width=width, no_wrap=True) if name in whole else Column(name, overflow="fold")
        for name, width in zip(names, widths or [0] * len(names), strict=True)
    ]
    table = Table(*columns)
    for row in texts:
        table.add_row(*row)
    Console().print(table, crop=False)
