"""Meters of a run: CPU of process trees from /proc, SQL statements from the processes' own counters."""

from __future__ import annotations

import os
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

STATEMENTS = "ordo_sql_statements_total"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    """One process: its parent, and the ticks it and the children it has buried have used."""

    parent: int
    ticks: int


class Reading(NamedTuple):
    """What the meters show at one moment: seconds of CPU, and statements, since each process began."""

    app_cpu_seconds: float
    db_cpu_seconds: float
    statements: float

    def since(self, before: Reading) -> Reading:
        return Reading(*(now - then for now, then in zip(self, before, strict=True)))


def parse_stat(line: str) -> Stat:
    """A line of /proc/<pid>/stat. The name may hold blanks and parentheses, so fields count from its end."""
    fields = line.rpartition(")")[2].split()
    user, system, buried_user, buried_system = (int(field) for field in fields[11:15])
    return Stat(int(fields[1]), user + system + buried_user + buried_system)


def tree_ticks(stats: Mapping[int, Stat], roots: Iterable[int]) -> int:
    """Ticks of the roots and all below them. A process that ended counts in the parent that buried it."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        children[stat.parent].append(pid)
    ticks, waiting, seen = 0, list(roots), set[int]()
    while waiting:
        pid = waiting.pop()
        if pid in stats and pid not in seen:
            seen.add(pid)
            ticks += stats[pid].ticks
            waiting += children[pid]
    return ticks


def _stats() -> dict[int, Stat]:
    stats = {}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                stats[int(directory.name)] = parse_stat((directory / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                continue
    return stats


def parse_counter(metrics: str, name: str) -> float:
    """The sum of a counter's series in Prometheus' text form. ValueError if it is not there."""
    values = [
        float(line.rpartition(" ")[2])
        for line in metrics.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    ]
    if not values:
        raise ValueError(f"{name} is not among the metrics")
    return sum(values)


def _statements(metrics_url: str) -> float:
    # No proxy: the address is on this machine whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(metrics_url, timeout=10) as answer:
        return parse_counter(answer.read().decode(), STATEMENTS)


def read(app_pids: Iterable[int], database_pid: int, metrics_urls: Iterable[str]) -> Reading:
    statements = sum(_statements(url) for url in metrics_urls)
    stats = _stats()
    return Reading(
        app_cpu_seconds=tree_ticks(stats, app_pids) / _TICKS_PER_SECOND,
        db_cpu_seconds=tree_ticks(stats, [database_pid]) / _TICKS_PER_SECOND,
        statements=statements,
    )
