"""What a benchmark leaves: `latest.json`, a row in `results.md`, a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.load import Result
from bench.meters import Reading

LATEST = "latest.json"
RESULTS = "results.md"

_HEAD = """# Results of `make bench`

Lives per second: `limit` is hand-written SQL under pgbench, `ordo` the same life through HTTP, both on the
same database in turn. Per life: SQL statements and CPU of application, database and client in ms; then the
percentiles of a life in ms. Rates of different machines do not compare.

| date | commit | until | limit/s | ordo/s | ratio | statements | app | db | client | p50 | p95 | p99 |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


class Round(NamedTuple):
    """One limit and the load that followed it, with what the meters counted in the load's window."""

    limit_per_s: float
    load: Result
    used: Reading


class RoundRow(msgspec.Struct, frozen=True):
    """One round, as `latest.json` keeps it."""

    limit_per_s: float
    ordo_per_s: float
    statements_per_order: float
    app_cpu_ms: float
    db_cpu_ms: float
    client_cpu_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    requests: int
    polls: int
    lives: int
    backlog: int


class Latest(msgspec.Struct, frozen=True):
    """The benchmark's result. The first eleven fields are a contract; the others may change."""

    commit: str
    date: str
    limit_per_s: float
    ordo_per_s: float
    ratio: float
    statements_per_order: float
    app_cpu_ms: float
    db_cpu_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    clean: bool
    until: str
    client_cpu_ms: float
    runs: list[RoundRow]


def row_of(done: Round) -> RoundRow:
    lives = max(done.load.lives, 1)
    return RoundRow(
        limit_per_s=round(done.limit_per_s, 1),
        ordo_per_s=round(done.load.lives_per_s, 1),
        statements_per_order=round(done.used.statements / lives, 2),
        app_cpu_ms=round(1000 * done.used.app_cpu_seconds / lives, 3),
        db_cpu_ms=round(1000 * done.used.db_cpu_seconds / lives, 3),
        client_cpu_ms=round(done.load.client_cpu_ms, 3),
        p50_ms=round(done.load.p50_ms, 1),
        p95_ms=round(done.load.p95_ms, 1),
        p99_ms=round(done.load.p99_ms, 1),
        requests=done.load.requests,
        polls=done.load.polls,
        lives=done.load.lives,
        backlog=done.load.backlog,
    )


def latest(rounds: Sequence[Round], commit: str, date: str, *, clean: bool) -> Latest:
    """Means over the rounds; the ratio is that of the mean rates. `clean`: the files were the commit's."""
    rows = [row_of(done) for done in rounds]
    limit, ordo = fmean(row.limit_per_s for row in rows), fmean(row.ordo_per_s for row in rows)
    return Latest(
        commit=commit,
        date=date,
        limit_per_s=round(limit, 1),
        ordo_per_s=round(ordo, 1),
        ratio=round(ordo / limit, 3),
        statements_per_order=round(fmean(row.statements_per_order for row in rows), 2),
        app_cpu_ms=round(fmean(row.app_cpu_ms for row in rows), 3),
        db_cpu_ms=round(fmean(row.db_cpu_ms for row in rows), 3),
        p50_ms=round(fmean(row.p50_ms for row in rows), 1),
        p95_ms=round(fmean(row.p95_ms for row in rows), 1),
        p99_ms=round(fmean(row.p99_ms for row in rows), 1),
        clean=clean,
        until=rounds[0].load.until,
        client_cpu_ms=round(fmean(row.client_cpu_ms for row in rows), 3),
        runs=rows,
    )


def results_row(done: Latest) -> str:
    """The line of `results.md`, columns as in its head."""
    cells = [done.date, done.commit[:12], done.until, done.limit_per_s, done.ordo_per_s, done.ratio]
    cells += [done.statements_per_order, done.app_cpu_ms, done.db_cpu_ms, done.client_cpu_ms]
    cells += [done.p50_ms, done.p95_ms, done.p99_ms]
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def keep(done: Latest, directory: Path, *, record: bool) -> None:
    """Write `latest.json`; a record also gets a row in `results.md`, which is begun when it is not there."""
    document = msgspec.json.format(msgspec.json.encode(done), indent=2)
    (directory / LATEST).write_bytes(document + b"\n")
    if not record:
        return
    results = directory / RESULTS
    if not results.exists():
        results.write_text(_HEAD)
    with results.open("a") as file:
        file.write(results_row(done))


def show(done: Latest, console: Console) -> None:
    titles = {
        "limit_per_s": "limit, lives/s",
        "ordo_per_s": "ordo, lives/s",
        "statements_per_order": "SQL statements a life",
        "app_cpu_ms": "application CPU, ms a life",
        "db_cpu_ms": "database CPU, ms a life",
        "client_cpu_ms": "client CPU, ms a life",
        "p50_ms": "p50, ms",
        "p95_ms": "p95, ms",
        "p99_ms": "p99, ms",
    }
    table = Table(title=f"One order's life, until {done.until}: ratio {done.ratio:.3f}")
    for heading in ("", *(f"round {number}" for number in range(1, len(done.runs) + 1)), "mean"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, title in titles.items():
        table.add_row(title, *(f"{getattr(column, name):,}" for column in (*done.runs, done)))
    console.print(table)
