"""`make bench`: one durable PostgreSQL, seeded once, and limit and load measured on it in turn."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec
from rich.console import Console

import ordo
from bench import limit, meters, report, verify
from bench.lives import Until
from bench.load import DRAIN_SECONDS_MAX, Result
from bench.processes import Ordo, ProcessError, migrate
from bench.seed import seed_ordo
from ordo.platform.embedded import EmbeddedPostgres, EmbeddedPostgresError

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".ordo-bench"
RESULTS_PATH = f"bench/{report.RESULTS}"
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class VoidRunError(Exception):
    """The run counts for nothing; the text says why."""


class Options(NamedTuple):
    until: Until = Until.CAPTURE
    rounds: int = 2
    limit_seconds: int = 20
    warm_up_seconds: float = 10.0
    window_seconds: float = 60.0


class Place(NamedTuple):
    """Where everything runs: the database, and what the processes are told about it."""

    dsn: str
    database_pid: int
    bin_dir: Path
    home: Path
    environment: Mapping[str, str]


@contextmanager
def place(home: Path = HOME) -> Iterator[Place]:
    """The benchmark's own database, kept between runs, up while the context lasts."""
    with EmbeddedPostgres(home, settings=DURABLE) as postgres:
        assert postgres.pid is not None
        told = {"ORDO_HOME": str(home), "ORDO_DATABASE_URL": postgres.dsn}
        yield Place(postgres.dsn, postgres.pid, postgres.bin_dir, home, os.environ | told)


async def check_durable(dsn: str) -> None:
    """Raises VoidRunError unless a commit is on the disk when it is acknowledged."""
    connection = await asyncpg.connect(dsn)
    try:
        for name, wanted in DURABLE.items():
            found = await connection.fetchval("SELECT current_setting($1)", name)
            if found != wanted:
                raise VoidRunError(f"{name} is {found}, not {wanted}")
    finally:
        await connection.close()


async def rest(dsn: str) -> None:
    """Leave the next measurement no dirty pages of the one before."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CHECKPOINT", timeout=300)
    finally:
        await connection.close()


def prepare(where: Place, console: Console) -> None:
    asyncio.run(check_durable(where.dsn))
    with console.status("Seeding the limit (once)"):
        asyncio.run(limit.prepare(where.dsn))
    with console.status("Migrating and seeding Ordo (once)"):
        migrate(where.environment)
        asyncio.run(seed_ordo(where.dsn))


def measure(where: Place, options: Options, console: Console) -> list[report.Round]:
    """Limit, load, limit, load… Raises VoidRunError, LimitError or ProcessError."""
    rounds = []
    for number in range(1, options.rounds + 1):
        asyncio.run(rest(where.dsn))
        with console.status(f"Round {number} of {options.rounds}: the limit"):
            ceiling = limit.measure(
                where.dsn, until=options.until, seconds=options.limit_seconds, bin_dir=where.bin_dir
            )
        console.print(f"Round {number}: the limit makes {ceiling:,.1f} lives/s")
        asyncio.run(rest(where.dsn))
        with console.status(f"Round {number} of {options.rounds}: the load"):
            done, used = _load(where, options, seed=number)
        console.print(f"Round {number}: Ordo makes {done.lives_per_s:,.1f} lives/s")
        rounds.append(report.Round(ceiling, done, used))
    return rounds


def _load(where: Place, options: Options, seed: int) -> tuple[Result, meters.Reading]:
    """One load, then its sums. Server and worker live only for it: the limit has the machine to itself."""
    with Ordo(where.environment, where.home / "logs") as running:
        asyncio.run(verify.worked_off(where.dsn))
        before = asyncio.run(verify.totals(where.dsn))
        readings: list[meters.Reading] = []

        def mark() -> None:
            try:
                readings.append(meters.read(running.pids, where.database_pid, running.metrics_urls))
            except (OSError, ValueError) as error:
                raise VoidRunError(f"the meters cannot be read: {error}") from error

        done = generate(load_command(options, running.base_url, where.home, seed), time_limit(options), mark)
        running.check()
    work = verify.Work(done.placed, done.units, done.cents, options.until)
    wrong = verify.disagreements(before, asyncio.run(verify.totals(where.dsn)), work)
    if wrong:
        raise VoidRunError("the sums do not agree: " + "; ".join(wrong))
    begin, end = readings
    return done, end.since(begin)


def load_command(options: Options, base_url: str, home: Path, seed: int) -> list[str]:
    command = [sys.executable, "-m", "bench.load", "--base-url", base_url, "--until", options.until]
    command += ["--credentials", str(home / "credentials.json"), "--seed", str(seed)]
    command += ["--warm-up-seconds", str(options.warm_up_seconds)]
    return [*command, "--window-seconds", str(options.window_seconds)]


def time_limit(options: Options) -> float:
    return options.warm_up_seconds + options.window_seconds + DRAIN_SECONDS_MAX + 30


def generate(command: list[str], seconds_max: float, mark: Callable[[], None]) -> Result:
    """Run the load generator; `mark` is called at both borders of its window. Raises VoidRunError."""
    result: Result | None = None
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        timer = threading.Timer(seconds_max, child.kill)
        timer.start()
        try:
            for line in child.stdout:
                if b'"mark"' in line:
                    mark()
                else:
                    result = msgspec.json.decode(line, type=Result)
            said = child.stderr.read().decode(errors="replace")
            code = child.wait()
        finally:
            timer.cancel()
            child.kill()  # already gone, unless we are leaving early
    if code != 0 or result is None:
        raise VoidRunError(f"the load generator ended with {code}: {said}")
    return result


class Source(NamedTuple):
    """What is measured: a commit, and whether the files are exactly its files."""

    commit: str
    clean: bool


def source() -> Source:
    """Raises VoidRunError when `ordo` comes from elsewhere: its numbers would bear this checkout's commit."""
    measured = Path(ordo.__file__).resolve()
    if not measured.is_relative_to((ROOT / "src").resolve()):
        raise VoidRunError(f"ordo is imported from {measured.parent}, not from this checkout")
    changed = [line for line in _git("status", "--porcelain").splitlines() if line[3:] != RESULTS_PATH]
    return Source(_git("rev-parse", "HEAD").strip(), clean=not changed)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise VoidRunError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def is_record(options: Options, measured: Source) -> bool:
    """Whether the run belongs into the history: full length, on files that can be checked out again."""
    return measured.clean and options._replace(until=Options().until) == Options()


def bench(options: Options, console: Console) -> int:
    """The whole of it. 0 and the files of `report`, or 1 and no file touched."""
    try:
        measured = source()
        with place() as where:
            prepare(where, console)
            rounds = measure(where, options, console)
    except (VoidRunError, limit.LimitError, ProcessError, EmbeddedPostgresError) as error:
        console.print(f"The run is void: {error}", style="red", markup=False)
        return 1
    date = datetime.now(UTC).isoformat(timespec="seconds")
    done = report.latest(rounds, measured.commit, date, clean=measured.clean)
    record = is_record(options, measured)
    report.keep(done, Path(__file__).parent, record=record)
    report.show(done, console)
    if not record:
        console.print(f"{RESULTS_PATH} gets no row: the run was shortened, or files differ from the commit.")
    return 0
