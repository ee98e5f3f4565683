"""The benchmark's meters, sums and report: what is counted, when a run is void, what is kept."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from bench import run
from bench.limit import LimitError, limit_dsn, lives_per_second, script
from bench.lives import Until
from bench.load import Result
from bench.meters import Reading, Stat, parse_counter, parse_stat, tree_ticks
from bench.report import Round, keep, latest, results_row
from bench.run import Options, Source, VoidRunError, generate, is_record
from bench.verify import Totals, Work, disagreements, expected

LOAD = Result(
    until="capture",
    window_seconds=60.0,
    lives=12_000,
    lives_per_s=200.0,
    p50_ms=300.04,
    p95_ms=500.0,
    p99_ms=600.0,
    client_cpu_ms=0.15,
    requests=24_000,
    polls=2_400,
    backlog=64,
    placed=14_000,
    units=56_000,
    cents=1_000_000,
)
USED = Reading(app_cpu_seconds=24.0, db_cpu_seconds=48.0, statements=120_000.0)
ROUNDS = [
    Round(400.0, LOAD, USED),
    Round(600.0, msgspec.structs.replace(LOAD, lives_per_s=300.0, p50_ms=200.0), USED),
]


def test_limit_reports_are_read() -> None:
    told = "number of failed transactions: {} (0.000%)\ntps = 456.700123 (without initial connection time)\n"
    assert lives_per_second(told.format(0)) == 456.700123
    for bad in (told.format(1), ""):
        with pytest.raises(LimitError):
            lives_per_second(bad)


def test_the_limit_has_its_own_database_on_the_same_server() -> None:
    assert limit_dsn("postgresql://ordo@/ordo?host=%2Frun&port=5432") == (
        "postgresql://ordo@/ordo_limit?host=%2Frun&port=5432"
    )


def test_the_shorter_life_is_the_beginning_of_the_whole_one() -> None:
    whole, shorter = script("capture").splitlines(), script("fulfillment").splitlines()
    assert whole[: len(shorter)] == shorter
    assert whole.count("COMMIT;") == 3
    assert shorter.count("COMMIT;") == 2


def test_cpu_of_a_tree_counts_the_living_and_the_buried() -> None:
    line = "42 (postgres: a) b) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 5 0 0"
    assert parse_stat(line) == Stat(parent=7, ticks=110)
    stats = {1: Stat(0, 1), 7: Stat(1, 10), 42: Stat(7, 100), 43: Stat(42, 1000), 8: Stat(1, 10_000)}
    assert tree_ticks(stats, [7]) == 1110
    assert tree_ticks(stats, [42, 8, 99]) == 11_100


def test_counters_are_summed_over_their_series() -> None:
    metrics = '# TYPE a_total counter\na_total{x="1"} 2.0\na_total{x="2"} 3.0\na_total_more 9\nb_total 1e3\n'
    assert parse_counter(metrics, "a_total") == 5.0
    assert parse_counter(metrics, "b_total") == 1000.0
    with pytest.raises(ValueError, match="c_total is not among the metrics"):
        parse_counter(metrics, "c_total")


BEFORE = Totals(10, *(Decimal(value) for value in (100, 20, 4, 4, 1000, 90, 90, 10)))


def test_a_captured_life_takes_stock_and_money() -> None:
    after = expected(BEFORE, Work(2, 5, 1234, Until.CAPTURE))
    assert after == Totals(
        summaries=12,
        ordered=Decimal("112.34"),
        allocated=Decimal(25),
        reservations=Decimal(4),
        reserved=Decimal(4),
        on_hand=Decimal(995),
        paid=Decimal("102.34"),
        captured=Decimal("102.34"),
        authorized=Decimal(10),
    )


def test_a_life_until_fulfillment_holds_stock_and_money() -> None:
    after = expected(BEFORE, Work(2, 5, 1234, Until.FULFILLMENT))
    assert after._asdict().items() >= {"reserved": 9, "on_hand": 1000, "paid": 90}.items()
    assert after.authorized == Decimal("22.34")


def test_sums_that_do_not_agree_are_named() -> None:
    work = Work(2, 5, 1234, Until.CAPTURE)
    after = expected(BEFORE, work)
    assert disagreements(BEFORE, after, work) == []
    assert disagreements(BEFORE, after._replace(paid=Decimal("102.33")), work) == [
        "paid is 102.33, not 102.34",
        "payments are 102.33, captures 102.34",
    ]
    assert disagreements(BEFORE, after._replace(reserved=Decimal(5)), work) == [
        "reserved is 5, not 4",
        "reservations hold 4, positions 5",
    ]


def test_latest_is_the_mean_of_the_rounds() -> None:
    done = latest(ROUNDS, "c0ffee" * 7, "2026-01-31T10:15:30+00:00", clean=True)
    kept = msgspec.to_builtins(done)
    assert list(kept) == [
        "commit", "date", "limit_per_s", "ordo_per_s", "ratio", "statements_per_order", "app_cpu_ms",
        "db_cpu_ms", "p50_ms", "p95_ms", "p99_ms", "clean", "until", "client_cpu_ms", "runs",
    ]  # fmt: skip
    assert (done.limit_per_s, done.ordo_per_s, done.ratio) == (500.0, 250.0, 0.5)
    assert (done.statements_per_order, done.app_cpu_ms, done.db_cpu_ms) == (10.0, 2.0, 4.0)
    assert (done.p50_ms, done.client_cpu_ms, len(done.runs)) == (250.0, 0.15, 2)
    assert results_row(done) == (
        "| 2026-01-31T10:15:30+00:00 | c0ffeec0ffee | capture | 500.0 | 250.0 | 0.5 | 10.0 | 2.0 | 4.0 "
        "| 0.15 | 250.0 | 500.0 | 600.0 |\n"
    )


def test_results_are_appended_and_latest_is_replaced(tmp_path: Path) -> None:
    first, second = (latest(ROUNDS[:count], "c0ffee", "2026-01-31", clean=True) for count in (1, 2))
    keep(first, tmp_path, record=True)
    keep(second, tmp_path, record=True)
    rows = [line for line in (tmp_path / "results.md").read_text().splitlines() if line.startswith("| 2026")]
    assert [row + "\n" for row in rows] == [results_row(first), results_row(second)]
    assert msgspec.json.decode((tmp_path / "latest.json").read_bytes()) == msgspec.to_builtins(second)


def test_a_trial_leaves_no_row(tmp_path: Path) -> None:
    keep(latest(ROUNDS, "c0ffee", "2026-01-31", clean=False), tmp_path, record=False)
    assert [path.name for path in tmp_path.iterdir()] == ["latest.json"]


def test_only_whole_runs_of_a_commit_are_records() -> None:
    clean, changed = Source("c0ffee", clean=True), Source("c0ffee", clean=False)
    assert is_record(Options(), clean)
    assert is_record(Options(until=Until.FULFILLMENT), clean)
    assert not is_record(Options(), changed)
    assert not is_record(Options(rounds=1), clean)
    assert not is_record(Options(window_seconds=10.0), clean)


def test_sources_of_another_checkout_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    with pytest.raises(VoidRunError, match="not from this checkout"):
        run.source()


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def unmarked() -> None:
    pass


def test_the_meters_are_read_at_both_marks() -> None:
    told = msgspec.json.encode(LOAD).decode()
    script = f'print(\'{{"mark":"begin"}}\'); print(\'{{"mark":"end"}}\'); print(\'{told}\')'
    marks: list[int] = []
    assert generate(python(script), 10, lambda: marks.append(1)) == LOAD
    assert marks == [1, 1]


def test_a_generator_that_fails_voids_the_run() -> None:
    with pytest.raises(VoidRunError, match="the load generator ended with 1: 503 away"):
        generate(python("import sys; sys.exit('503 away')"), 10, unmarked)
    with pytest.raises(VoidRunError, match="ended with -9"):
        generate(python("import time; time.sleep(60)"), 0.05, unmarked)
