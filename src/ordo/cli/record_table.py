"""Records in columns, printed as they come; in blocks where columns would not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from ordo.cli.printing import told, visible

CELL_MAX = 60
CELL_MIN = 18  # an id is whole, to be copied
GAP = "  "


def terminal_width() -> int | None:
    """None where the output is no terminal."""
    console = Console()
    return console.width if console.is_terminal else None


def print_records(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A short list of what the next command is told: nothing of it is cropped."""
    for line in RecordTable(names, terminal_width(), crops=False).lines(
        [[told(value) for value in row] for row in rows]
    ):
        print(line)


class RecordTable:
    """Widths are chosen on the first rows and kept, so that no row needs to wait for the last. `width_max`
    None: nobody looks on a terminal, and nothing is cropped; nor is it without `crops`."""

    def __init__(self, names: Sequence[str], width_max: int | None, *, crops: bool = True) -> None:
        self._crops = crops and width_max is not None
        self._names = names
        self._width_max = width_max
        self._widths: list[int] | None = None
        self._in_blocks = False

    def lines(self, rows: Sequence[Sequence[str]]) -> Iterator[str]:
        shown = [[visible(cell) for cell in row] for row in rows]
        if self._widths is None:
            self._widths = self._chosen(shown)
            self._in_blocks = self._width_max is not None and self._total(self._widths) > self._width_max
            if not self._in_blocks:
                yield self._line(self._names)
                yield GAP.join("-" * width for width in self._widths)
        for row in shown:
            if self._in_blocks:
                yield from self._block(row)
            else:
                yield self._line(row)

    def _chosen(self, rows: Sequence[Sequence[str]]) -> list[int]:
        """As wide as the widest cell; on a terminal at most CELL_MAX, and the widest give way first."""
        wanted = [max(map(cell_len, column)) for column in zip(self._names, *rows, strict=True)]
        if self._width_max is None or not self._crops:
            return wanted
        least = [
            max(min(width, CELL_MIN), cell_len(name)) for name, width in zip(self._names, wanted, strict=True)
        ]
        widths = [max(low, min(width, CELL_MAX)) for low, width in zip(least, wanted, strict=True)]
        while self._total(widths) > self._width_max:
            slack = [width - low for width, low in zip(widths, least, strict=True)]
            if not any(slack):
                break
            widest = max(range(len(widths)), key=lambda n: (slack[n] > 0, widths[n]))
            widths[widest] -= 1
        return widths

    @staticmethod
    def _total(widths: Sequence[int]) -> int:
        return sum(widths) + len(GAP) * (len(widths) - 1)

    def _line(self, cells: Sequence[str]) -> str:
        assert self._widths is not None
        return GAP.join(
            self._cropped(cell, width) for cell, width in zip(cells, self._widths, strict=True)
        ).rstrip()

    def _cropped(self, cell: str, width: int) -> str:
        if not self._crops or cell_len(cell) <= width:
            return cell + " " * (width - cell_len(cell))
        return set_cell_size(cell, width - 1) + "…"

    def _block(self, row: Sequence[str]) -> Iterator[str]:
        """One line per field; the terminal folds what is long."""
        width = max(map(cell_len, self._names))
        for name, cell in zip(self._names, row, strict=True):
            yield f"{set_cell_size(name, width)}  {cell}".rstrip()
        yield ""
