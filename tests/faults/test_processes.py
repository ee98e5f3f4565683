"""How the processes start and end: together, in order, without their database, and without their parent."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import cloned
from tests.processes import Running, eventually

from ordo import bootstrap
from ordo.bootstrap import first_credentials, opened, patiently
from ordo.kernel.problems import Unavailable
from ordo.platform.administration import Administration
from ordo.platform.database import AWAY
from ordo.platform.settings import Settings

SERVERS = 3
CALLS = "SELECT coalesce(sum(calls), 0)::int FROM apiusage"
HELD = "SELECT count(*) FROM process WHERE heldto > now()"


@pytest.fixture
def dsn(worker_id: str) -> Iterator[str]:
    """A migrated database nobody has opened yet."""
    with cloned(f"ordo_fresh_{worker_id}") as dsn:
        yield dsn


def children_of(pid: int) -> list[int]:
    """Linux only, as the CI is: what /proc says."""
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def called(running: Running, token: str, times: int) -> None:
    """So many calls of the API, each over a connection of its own: any of the servers may take it."""
    for _ in range(times):
        with running.client(token) as client:
            assert client.get("/services/data/v60.0/limits").status_code == 200


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_several_servers_start_at_once_and_end_in_order(dsn: str, tmp_path: Path) -> None:
    """One founds the organisation and makes the credentials, none fails; SIGTERM gives everything back."""
    with Running(dsn, tmp_path / "home", servers=SERVERS) as running:
        eventually(lambda: running.rows(HELD) == [(SERVERS + 1,)], "every process holds a number")
        children = children_of(running.server.pid)
        assert len(children) == SERVERS - 1
        assert running.rows("SELECT count(*) FROM organization") == [(1,)]
        assert running.rows("SELECT count(*) FROM connectedapp") == [(1,)]
        assert running.rows("SELECT count(*) FROM credential") == [(1,)]
        assert stat.S_IMODE((tmp_path / "home" / "credentials.json").stat().st_mode) == 0o600
        assert None not in running.credentials.values()
        token = running.token()
        called(running, token, 12)
        eventually(lambda: running.rows(CALLS) == [(12,)], "all calls are counted, whoever served them")
        called(running, token, 5)

        assert running.worker.stop() == 0
        assert running.server.stop() == 0
        assert running.rows(CALLS) == [(17,)]
        assert [pid for pid in children if is_alive(pid)] == []
        assert running.rows(HELD) == [(0,)]
        assert "Traceback" not in running.server.log.read_text() + running.worker.log.read_text()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_servers_do_not_outlive_their_parent(dsn: str, tmp_path: Path) -> None:
    with Running(dsn, tmp_path / "home", servers=SERVERS) as running:
        eventually(lambda: running.rows(HELD) == [(SERVERS + 1,)], "every process holds a number")
        children = children_of(running.server.pid)
        running.server.kill()
        eventually(lambda: not any(is_alive(pid) for pid in children), "the children end", seconds=15)


@pytest.fixture
async def machine(dsn: str, tmp_path: Path) -> AsyncIterator[bootstrap.Machine]:
    async with opened(Settings(home=tmp_path), dsn) as machine:
        yield machine


async def test_a_kill_while_credentials_are_made_leaves_a_login(
    machine: bootstrap.Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the login exists: the next start makes it. Killed after: the file names its password."""
    real = Administration.create_user_credential

    async def killed_before(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    async def killed_after(*told: object, **more: object) -> None:
        await real(*told, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    for killed in (killed_before, killed_after):
        monkeypatch.setattr(Administration, "create_user_credential", killed)
        with pytest.raises(KeyboardInterrupt):
            await first_credentials(machine, "http://ordo.test")
    monkeypatch.undo()

    assert await first_credentials(machine, "http://ordo.test") is None
    secrets = Running("", machine.settings.home).credentials
    form = {"grant_type": "client_credentials"} | {n: secrets[n] for n in ("client_id", "client_secret")}
    assert "access_token" in await machine.auth().token(form)


async def test_later_starts_say_where_the_server_is_now(machine: bootstrap.Machine) -> None:
    """Nothing else in the file changes; one that says so already, is no JSON or was removed is left alone."""
    home = machine.settings.home
    file, draft = home / "credentials.json", home / "credentials.json.new"
    assert await first_credentials(machine, "http://ordo.test") == file
    first = json.loads(file.read_text())
    draft.write_text("left behind by a kill")

    assert await first_credentials(machine, "http://ordo.test:81") is None
    assert json.loads(file.read_text()) == first | {"base_url": "http://ordo.test:81"}
    assert (stat.S_IMODE(file.stat().st_mode), draft.exists()) == (0o600, False)

    written = file.stat()
    await first_credentials(machine, "http://ordo.test:81")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)

    for text in ("{", "[1]"):
        file.write_text(text)
        assert await first_credentials(machine, "http://ordo.test:82") is None
        assert file.read_text() == text
    file.unlink()
    assert await first_credentials(machine, "http://ordo.test:82") is None
    assert not file.exists()


async def test_a_start_waits_for_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def away_twice() -> str:
        asked.append(1)
        if len(asked) < 3:
            raise asyncpg.CannotConnectNowError("the database system is starting up")
        return "there"

    assert await patiently(away_twice) == "there"
    assert len(asked) == 3

    async def away() -> None:
        raise Unavailable

    monkeypatch.setattr(bootstrap, "START_SECONDS_MAX", 0.0)
    with pytest.raises(Unavailable):
        await patiently(away)


async def test_whatever_the_driver_says_of_an_ended_connection_counts_as_away(dsn: str) -> None:
    """A backend that ends says so; the driver words its error by how far it has read when it is asked."""
    loop, strange = asyncio.get_running_loop(), set()
    admin = await asyncpg.connect(dsn)
    for turns in range(120):
        connection = await asyncpg.connect(dsn)
        await admin.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        for _ in range(turns % 12):
            turn = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn
        try:
            await connection.fetch("SELECT 1")
        except Exception as error:
            if not isinstance(error, AWAY):
                strange.add(repr(error))
        connection.terminate()
    await admin.close()
    assert strange == set()
