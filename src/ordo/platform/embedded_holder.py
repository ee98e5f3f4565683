"""Who holds a PostgreSQL data directory: a live postmaster, its dying children, or nobody any more."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ordo.platform.embedded_places import DataDirectoryInUse, StartFailed, own_file, socket_dsn

POLL_SECONDS = 0.02
# A postmaster whose owner was just killed needs a moment before it says in its pid file that it stops.
GRACE_SECONDS = 1.0
PROC = Path("/proc")
START_LOCK = "start.lock"


@contextlib.contextmanager
def start_lock(root: Path, deadline: float) -> Iterator[int]:
    """One start at a time for a home; the lock ends with its last holder, were it killed."""
    lock = own_file(root, START_LOCK)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StartFailed(f"Another start of {root} does not come to its end.") from None
                time.sleep(POLL_SECONDS)
        yield lock
    finally:
        os.close(lock)


def pid_file(data: Path) -> list[str]:
    """The lines of postmaster.pid; empty if there is none.

    [0] process id, [3] port, [4] socket directory, [7] `starting`, `ready` or `stopping`.
    """
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def running_dsn(home: Path) -> str | None:
    """The DSN of the embedded PostgreSQL that answers in that home now; None if there is none we may see."""
    data = home.resolve() / "postgres" / "data"
    try:
        lines = pid_file(data)
    except OSError:  # another user's, or no directory at all
        return None
    if lines[7:8] != ["ready"] or _postmaster(data) is None:
        return None
    return socket_dsn(Path(lines[4]), int(lines[3]))


def wait_until_free(data: Path, deadline: float) -> None:
    """Return once nothing runs in the data directory; `deadline` is on the monotonic clock.

    A postmaster that is stopping is waited for, one that is not raises DataDirectoryInUse with its pid.
    """
    grace = time.monotonic() + GRACE_SECONDS
    while (pid := _postmaster(data)) is not None:
        stopping = pid_file(data)[7:8] == ["stopping"]
        if time.monotonic() > (deadline if stopping else grace):
            raise DataDirectoryInUse(data, pid)
        time.sleep(POLL_SECONDS)
    if PROC.joinpath("self").exists():
        _wait_for_orphans(data, deadline)
        _drop_misleading_pid_file(data)


def _wait_for_orphans(data: Path, deadline: float) -> None:
    while orphan := next((pid for pid in _all_pids() if _runs_in(pid, data)), None):
        if time.monotonic() > deadline:
            raise DataDirectoryInUse(data, orphan)
        time.sleep(POLL_SECONDS)


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _drop_misleading_pid_file(data: Path) -> None:
    # postgres itself drops the file of a process that is gone, but takes any other process that got the same
    # id since, and a dead one nobody has buried (a zombie), for a living postmaster, and refuses to start.
    pid = _pid(data)
    if pid is not None and _exists(pid):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _postmaster(data: Path) -> int | None:
    pid = _pid(data)
    return pid if pid is not None and _runs_in(pid, data) else None


def _pid(data: Path) -> int | None:
    first = "".join(pid_file(data)[:1]).lstrip("-")  # a single-user backend writes its id negated
    return int(first) if first.isdigit() else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runs_in(pid: int, data: Path) -> bool:
    """Whether the process is a postgres of this data directory; a zombie has no directory, so it is not."""
    if not PROC.joinpath("self").exists():
        return _looks_like_postgres(pid)
    process = PROC / str(pid)
    try:
        return (process / "comm").read_text() == "postgres\n" and (process / "cwd").samefile(data)
    except OSError:
        return False  # it ended meanwhile, or is another user's and so not this directory's


def _looks_like_postgres(pid: int) -> bool:
    command = ["/bin/ps", "-ww", "-o", "stat=", "-o", "comm=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed
    listed = done.stdout.strip()
    return listed.endswith("postgres") and not listed.startswith("Z")
