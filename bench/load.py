"""The load generator: 64 lives in flight over 8 connections, in a process of its own.

Prints one JSON document per line: `{"mark": "begin"}` and `{"mark": "end"}` at the borders of the measured
window, so that whoever started it can read its own meters there, then the result. Exit code 1 = void.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import math
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
import uvloop

from bench.company import BENCHMARK, Company
from bench.lives import IN_FLIGHT, Lives, Until
from bench.orders import AnswerError, baskets
from bench.wire import Pool, WireError, post

CONNECTIONS = 8
POLL_SECONDS = 0.05
DRAIN_SECONDS_MAX = 60.0
_TOLD_MAX = 8_000  # of a bad answer: whoever started us reads it from a pipe, after our output


class Plan(NamedTuple):
    """What to run. `run` marks the order references: no two runs on one database may share it."""

    base_url: str
    run: str
    until: Until = Until.CAPTURE
    warm_up_seconds: float = 10.0
    window_seconds: float = 60.0
    seed: int = 1
    company: Company = BENCHMARK
    in_flight: int = IN_FLIGHT
    connections: int = CONNECTIONS


class Result(msgspec.Struct, frozen=True):
    """The window's measures, then the whole run's totals (warm-up and drain included), to be verified."""

    until: str
    window_seconds: float
    lives: int
    lives_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    client_cpu_ms: float
    requests: int
    polls: int
    backlog: int
    placed: int
    units: int
    cents: int


class Window(NamedTuple):
    """What was counted between the two marks."""

    seconds: float
    life_seconds: list[float]
    cpu_seconds: float
    requests: int
    polls: int


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def result(window: Window, lives: Lives, backlog: int, until: Until) -> Result:
    count = len(window.life_seconds)
    p50, p95, p99 = (1000 * percentile(window.life_seconds, percent) for percent in (50, 95, 99))
    return Result(
        until=until,
        window_seconds=window.seconds,
        lives=count,
        lives_per_s=count / window.seconds,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        client_cpu_ms=1000 * window.cpu_seconds / max(count, 1),
        requests=window.requests,
        polls=window.polls,
        backlog=backlog,
        placed=lives.placed,
        units=lives.units,
        cents=lives.cents,
    )


class Run:
    """One run of a plan: warm up, measure, drain."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._loop = asyncio.get_running_loop()
        self._broken: asyncio.Future[None] = self._loop.create_future()
        self._pool = Pool(self._void)

    async def go(self, headers: bytes) -> Result:
        """Raises AnswerError or WireError when anything at all went wrong."""
        plan = self._plan
        host, port = _address(plan.base_url)
        await self._pool.open(host, port, plan.connections)
        lives = self._lives(headers)
        ticker = self._loop.create_task(self._tick(lives))
        try:
            lives.begin(plan.in_flight)
            await self._wait(plan.warm_up_seconds)
            window = await self._measure(lives)
            backlog = len(lives.flying)
            if backlog > plan.in_flight:
                raise AnswerError(f"{backlog} lives are left at the end of the window")
            lives.close()
            await self._drain(lives)
            return result(window, lives, backlog, plan.until)
        finally:
            ticker.cancel()
            self._pool.close()

    def _lives(self, headers: bytes) -> Lives:
        plan = self._plan
        return Lives(
            self._pool,
            baskets(plan.run, plan.seed, plan.company),
            time.monotonic,
            self._void,
            headers=headers,
            ordered_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            until=plan.until,
        )

    def _void(self, error: Exception) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)

    async def _wait(self, seconds: float) -> None:
        """Let the run go on; a void run ends here."""
        done, _ = await asyncio.wait([self._broken], timeout=seconds)
        for broken in done:
            broken.result()

    async def _measure(self, lives: Lives) -> Window:
        lives.finished.clear()
        requests, cpu, begun = self._pool.requests, time.process_time(), time.monotonic()
        _say({"mark": "begin"})
        await self._wait(self._plan.window_seconds)
        _say({"mark": "end"})
        return Window(
            seconds=time.monotonic() - begun,
            life_seconds=list(lives.finished.seconds),
            cpu_seconds=time.process_time() - cpu,
            requests=self._pool.requests - requests,
            polls=lives.finished.polls,
        )

    async def _tick(self, lives: Lives) -> None:
        due = self._loop.time()
        while not self._broken.done():
            lives.poll()
            due = max(due + POLL_SECONDS, self._loop.time())
            await asyncio.sleep(due - self._loop.time())

    async def _drain(self, lives: Lives) -> None:
        deadline = self._loop.time() + DRAIN_SECONDS_MAX
        while lives.flying:
            if self._loop.time() > deadline:
                raise AnswerError(f"{len(lives.flying)} lives did not end within {DRAIN_SECONDS_MAX:g} s")
            await self._wait(POLL_SECONDS)


def _address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def request_headers(base_url: str, token: str | None = None) -> bytes:
    host, port = _address(base_url)
    fields = f"Host: {host}:{port}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
    return fields.encode()


class _Token(msgspec.Struct):
    access_token: str


async def fetch_token(base_url: str, client_id: str, client_secret: str) -> str:
    """A token by client credentials. Raises AnswerError or WireError."""
    answered: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    pool = Pool(answered.set_exception)
    await pool.open(*_address(base_url), 1)
    grant = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    kind = b"application/x-www-form-urlencoded"
    request = post("/services/oauth2/token", request_headers(base_url), urlencode(grant).encode(), kind)
    pool.send(request, lambda status, body: answered.set_result((status, body)))
    try:
        status, body = await asyncio.wait_for(answered, 10)
    finally:
        pool.close()
    if status != 200:
        raise AnswerError(f"{status} {body.decode(errors='replace')}")
    return msgspec.json.decode(body, type=_Token).access_token


def _say(document: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()


class _Credentials(msgspec.Struct):
    client_id: str
    client_secret: str


async def _main(plan: Plan, who: _Credentials) -> Result:
    token = await fetch_token(plan.base_url, who.client_id, who.client_secret)
    gc.freeze()
    return await Run(plan).go(request_headers(plan.base_url, token))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8080")
    parser.add_argument("--credentials", type=Path, required=True, help="credentials.json of the server")
    parser.add_argument("--until", type=Until, choices=list(Until), default=Until.CAPTURE)
    parser.add_argument("--warm-up-seconds", type=float, default=10.0)
    parser.add_argument("--window-seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> int:
    options = _options()
    plan = Plan(
        base_url=options.base_url,
        run=f"B{time.time_ns() // 1_000_000:x}",
        until=options.until,
        warm_up_seconds=options.warm_up_seconds,
        window_seconds=options.window_seconds,
        seed=options.seed,
    )
    who = msgspec.json.decode(options.credentials.read_bytes(), type=_Credentials)
    try:
        _say(uvloop.run(_main(plan, who)))
    except (AnswerError, WireError, OSError) as error:
        print(f"{type(error).__name__}: {str(error)[:_TOLD_MAX]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
