"""A CSV file as merchants have them: comma or semicolon, with or without a byte order mark, read row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO, NamedTuple

from ordo.kernel.problems import InvalidInput, Problem
from ordo.platform.credentials import is_storable

LINE_LENGTH_MAX = 131_072  # as the csv module has it for a field
NAME_SHOWN_MAX = 80
REASON_SHOWN_MAX = 200
DELIMITERS = ",;\t"


class FileIsUnreadable(Exception):  # noqa: N818  a sentence, as those of Problem
    """Nothing can be made of the file as a whole."""


class Row(NamedTuple):
    """The cells that hold something, by column; `line` is the one it begins in. `problem`: what refuses it."""

    line: int
    cells: dict[str, str]
    problem: Problem | None = None


class CsvFile:
    """`column` answers what a column of the first line is called here, or raises Problem.

    FileIsUnreadable is raised for the first line at once; later ones are refused one by one.
    """

    def __init__(self, stream: BinaryIO, column: Callable[[str], str], *, needs: Sequence[str]) -> None:
        # Kept: without it, the stream would be closed while others ask it how far it is.
        self._text = TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        read = partial(self._text.readline, LINE_LENGTH_MAX)
        first = read()
        delimiter = max(DELIMITERS, key=first.count)
        self._reader = csv.reader(chain([first], iter(read, "")), delimiter=delimiter, strict=True)
        try:
            self.told = [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            raise FileIsUnreadable(f"its first line cannot be read: {error}") from error
        self.columns = self._named(column)
        lacking = [name for name in needs if name not in self.columns]
        if lacking:
            raise FileIsUnreadable(f"its first line lacks the column {lacking[0]}")

    def _named(self, column: Callable[[str], str]) -> list[str]:
        found: list[str] = []
        for name in self.told:
            if not is_storable(name):
                raise FileIsUnreadable("its first line is not UTF-8")
            try:
                found.append(column(name))
            except Problem as problem:
                shown = name[:NAME_SHOWN_MAX] or "(without a name)"
                raise FileIsUnreadable(f"its column {shown}: {problem.message[:REASON_SHOWN_MAX]}") from problem
        twice = next((name for name in found if found.count(name) > 1), None)
        if twice is not None:
            raise FileIsUnreadable(f"two of its columns are {twice}")
        return found

    def rows(self) -> Iterator[Row]:
        """Without empty lines."""
        while True:
            line = self._reader.line_num + 1
            try:
                cells = [cell.strip() for cell in next(self._reader)]
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, {}, InvalidInput(f"the line cannot be read: {error}"))
                continue
            if any(cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row:
        if len(cells) != len(self.columns):
            return Row(line, {}, InvalidInput(f"it has {len(cells)} cells, the first line {len(self.columns)}"))
        bad = [name for name, cell in zip(self.columns, cells, strict=True) if not is_storable(cell)]
        if bad:
            return Row(line, {}, InvalidInput("this is no UTF-8 text", fields=(bad[0],)))
        return Row(line, {name: cell for name, cell in zip(self.columns, cells, strict=True) if cell})

    def spelled(self, column: str) -> str:
        """A column as the file calls it."""
        return self.told[self.columns.index(column)] if column in self.columns else column
