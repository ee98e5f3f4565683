"""A PostgreSQL of our own, run as a child process: for development, tests and small installations."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from ordo.platform.embedded_holder import pid_file, start_lock, wait_until_free
from ordo.platform.embedded_places import (
    NAME,
    BinariesNotFound,
    DataDirectoryInUse,
    DataDirectoryOfAnotherUser,
    EmbeddedPostgresError,
    LowerCaseNotUnicode,
    Places,
    StartFailed,
    WrongMajorVersion,
    environment,
    find_binaries,
    own_file,
    private_dir,
    run,
    settle,
    socket_dir,
    socket_dsn,
)

__all__ = [
    "BinariesNotFound",
    "DataDirectoryInUse",
    "DataDirectoryOfAnotherUser",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "LowerCaseNotUnicode",
    "StartFailed",
    "WrongMajorVersion",
    "find_binaries",
]

SOCKET_PORT = 5432  # only a part of the socket's file name while no TCP port is asked for
POLL_SECONDS = 0.01
# Fast (transactions are rolled back, a checkpoint is written), at once, and by force.
STOP_SIGNALS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "autovacuum": "on",
        # Rows are wide and change soon after they are made: in their pages, thanks to the fill factor.
        "autovacuum_analyze_scale_factor": "0.4",
        "autovacuum_vacuum_insert_scale_factor": "1",
        "autovacuum_vacuum_scale_factor": "0.4",
        "checkpoint_timeout": "15min",
        "default_statistics_target": "20",  # rows are wide: a sample of 100 costs a tenth of a busy database
        "fsync": "on",
        "full_page_writes": "on",
        "jit": "off",
        "lc_messages": "C",
        "log_timezone": "UTC",
        "max_connections": "100",
        "max_wal_size": "2GB",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "256MB",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "wal_compression": "on",
    }
)

# The shell leaves a guard behind and becomes postgres, so there is no moment without one. The guard waits on
# a pipe only we hold open: a line means we stopped in good order; end of file means we died, so it ends
# postgres (fast, after half a minute at once). PR_SET_PDEATHSIG would fire when the *thread* that started
# postgres ends, is cleared by a change of user and exists on Linux only. The guard is nobody's child, as
# postgres would take an unknown child's death for a crash; it asks whether the pid is still postgres'
# (started in the data directory, where the guard is too) before it signals.
LAUNCH = """
exec 3<&0 </dev/null
end() { [ ! -e "/proc/$$" ] || [ "/proc/$$/cwd" -ef . ] && kill "$1" $$; }
( (
  trap '' INT TERM HUP
  read -r _ <&3 && exit
  end -INT; left=30
  while end -0 && [ $((left -= 1)) -gt 0 ]; do sleep 1; done
  end -QUIT
) >/dev/null 2>&1 & )
exec "$@" 3<&-
"""
# What a start says while the children of a killed postmaster are still on their way out.
ORPHANS_SAY = "pre-existing shared memory block"


class EmbeddedPostgres:
    """A PostgreSQL of our own under `<home>/postgres`, as a child process in the foreground.

    The first `start` makes the cluster and the database `ordo`. Connections go through a unix socket in a
    0700 directory; with `port` also through 127.0.0.1 with a password (`<home>/postgres/password`, 0600).
    `settings` are lines of postgresql.conf over SETTINGS. It needs a unix.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
        start_timeout_seconds: float = 60.0,
    ) -> None:
        for name in settings:
            if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name):
                raise ValueError(f"{name!r} is no name of a PostgreSQL setting")
        self._home = home
        self._port = port
        self._bin_dir_setting = bin_dir
        self._settings = dict(settings)
        self._start_timeout_seconds = start_timeout_seconds
        self._places: Places | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._life_line = -1  # our end of the guard's pipe
        self._socket_dir: Path | None = None
        self._last_socket_dir: Path | None = None  # whoever knows the DSN finds the next start there

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None when it does not run (asking also buries one that died)."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def bin_dir(self) -> Path:
        """The directory of postgres, psql, pg_dump and the like. Raises BinariesNotFound."""
        return self._places.bin_dir if self._places else find_binaries(self._bin_dir_setting)

    @property
    def data_dir(self) -> Path:
        """The data directory, links resolved. Raises EmbeddedPostgresError before the first start."""
        return self._settled().data

    @property
    def dsn(self) -> str:
        """`postgresql://ordo@/ordo?host=…&port=…` through the socket."""
        if self._socket_dir is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL is not started.")
        return socket_dsn(self._socket_dir, self._any_port)

    @property
    def tcp_dsn(self) -> str | None:
        """The same database through 127.0.0.1, password included; None without `port`."""
        if self._port is None:
            return None
        return f"postgresql://{NAME}:{_password(self._settled())}@127.0.0.1:{self._port}/{NAME}"

    @property
    def _any_port(self) -> int:
        return self._port or SOCKET_PORT

    def _settled(self) -> Places:
        if self._places is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL was not started yet.")
        return self._places

    def start(self) -> str:
        """Start, or keep running, and return the DSN.

        Raises BinariesNotFound, DataDirectoryInUse, DataDirectoryOfAnotherUser, WrongMajorVersion,
        LowerCaseNotUnicode, or StartFailed with the last lines of the log.
        """
        if self.pid is not None:
            return self.dsn
        self.stop()  # what is left of one that died
        deadline = time.monotonic() + self._start_timeout_seconds
        try:
            self._places = settle(self._home, find_binaries(self._bin_dir_setting))
            with start_lock(self._places.root, deadline) as lock:
                self._bring_up(self._places, lock, deadline)
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise StartFailed(f"PostgreSQL could not be started: {error}") from error
            raise
        return self.dsn

    def wait(self) -> None:
        """Return once the postmaster has ended, by whatever; at once when it does not run."""
        process = self._process
        if process is not None:
            process.wait()

    def stop(self) -> None:
        """Stop with a checkpoint, transactions rolled back; when that does not end it, harder. Idempotent."""
        process, self._process = self._process, None
        for signal_number, patience_seconds in STOP_SIGNALS:
            if process is None or process.poll() is not None:
                break
            process.send_signal(signal_number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_seconds)
        self._dismiss_guard()
        if self._socket_dir and self._places and self._socket_dir.parent != self._places.root:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._socket_dir = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _dismiss_guard(self) -> None:
        if self._life_line >= 0:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._life_line, b"\n")
            os.close(self._life_line)
            self._life_line = -1

    def _bring_up(self, places: Places, lock: int, deadline: float) -> None:
        if not places.data.exists():
            _make_cluster(places, lock, deadline)
        _refuse_other_version(places)
        wait_until_free(places.data, deadline)
        self._socket_dir = socket_dir(places, self._any_port, self._last_socket_dir)
        self._last_socket_dir = self._socket_dir
        _drop_old_logs(private_dir(places, "log"))
        self._write_configuration(places, self._socket_dir)
        self._launch(places)
        while not self._is_ready(places, deadline):
            time.sleep(POLL_SECONDS)
        self._prepare_database(places, self._socket_dir, deadline)

    def _write_configuration(self, places: Places, socket_directory: Path) -> None:
        own = {
            "hba_file": str(places.root / "pg_hba.conf"),
            "listen_addresses": "127.0.0.1" if self._port else "",
            "log_directory": str(places.root / "log"),
            "log_filename": "postgresql-%a.log",  # a file for each day of the week, begun anew
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_truncate_on_rotation": "on",
            "logging_collector": "on",
            "port": str(self._any_port),
            "unix_socket_directories": '"' + str(socket_directory).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
        }
        settings = {**SETTINGS, **self._settings, **own}
        lines = ["# Written by Ordo at each start: changes here are lost."]
        lines += [f"{name} = {_quoted(value)}" for name, value in settings.items()]
        _write(places, "postgresql.conf", lines)
        rules = ["local all all trust", "local replication all trust"]  # the socket directory is the guard
        _write(places, "pg_hba.conf", [*rules, "host all all 127.0.0.1/32 scram-sha-256"])

    def _launch(self, places: Places) -> None:
        self._dismiss_guard()
        heard, self._life_line = os.pipe()
        account = places.account
        postgres = [str(places.bin_dir / "postgres"), "-D", str(places.data)]
        postgres += ["-c", f"config_file={places.root / 'postgresql.conf'}"]
        try:
            with open(own_file(places.root, "start.log"), "wb") as start_log:
                start_log.truncate()  # opening a descriptor does not
                self._process = subprocess.Popen(  # noqa: S603  what we found, with our arguments
                    ["/bin/sh", "-c", LAUNCH, "sh", *postgres],
                    stdin=heard,
                    stdout=start_log,
                    stderr=start_log,
                    cwd=places.data,
                    env=environment(),
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                    start_new_session=True,  # Ctrl-C is for us; we stop the database last
                )
        finally:
            os.close(heard)

    def _is_ready(self, places: Places, deadline: float) -> bool:
        """True once it answers, False while it starts; launches again while orphans are on their way out."""
        lines = pid_file(places.data)
        if self.pid is not None and lines[:1] == [str(self.pid)] and lines[7:8] == ["ready"]:
            return True
        late = time.monotonic() > deadline
        if self.pid is None and not late and self._met_orphans(places):
            time.sleep(0.2)
            self._launch(places)
        elif self.pid is None:
            raise StartFailed("PostgreSQL ended while starting; it said:", _log_tail(places))
        elif late:
            limit = f"within {self._start_timeout_seconds:g} s"
            raise StartFailed(f"PostgreSQL was not ready {limit}; it said:", _log_tail(places))
        return False

    def _met_orphans(self, places: Places) -> bool:
        mark = f"[{self._process.pid}]" if self._process else ""
        return any(mark in line and ORPHANS_SAY in line for line in _log_tail(places).splitlines())

    def _prepare_database(self, places: Places, socket_directory: Path, deadline: float) -> None:
        """Make the database on the first start and try its case rules, in one connection's time."""
        missing = f"NOT EXISTS (SELECT FROM pg_database WHERE datname = '{NAME}')"
        script = f"SELECT 'CREATE DATABASE {NAME}' WHERE {missing} \\gexec\n"
        if self._port:
            script += f"ALTER ROLE {NAME} PASSWORD '{_password(places)}';\n"
        script += f"\\connect {NAME}\nSELECT lower('É');\n"
        psql = [str(places.bin_dir / "psql"), "-XqAtw", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-U", NAME]
        psql += ["-h", str(socket_directory), "-p", str(self._any_port)]
        remaining_seconds = max(1.0, deadline - time.monotonic())
        done = run(psql, None, timeout_seconds=remaining_seconds, stdin=script)
        if done.returncode != 0:
            said = done.stdout.strip()
            raise StartFailed(f"The database {NAME} could not be opened: {said}", _log_tail(places))
        if done.stdout.strip() != "é":
            raise LowerCaseNotUnicode(
                f"The database in {places.data} lowers 'É' to {done.stdout.strip()!r}: Ordo compares without "
                "case and needs the locale C.UTF-8; make the cluster anew and restore a backup into it."
            )


def _make_cluster(places: Places, lock: int, deadline: float) -> None:
    # Made aside and renamed, so that a data directory is whole or not there. initdb shares the lock: were we
    # killed, the next start waits for it.
    draft = places.root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    private_dir(places, draft.name)
    locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
    if int(places.major) >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(places.bin_dir / "initdb"), "-D", str(draft), "-U", NAME, "--auth=trust", *locale]
    remaining_seconds = max(1.0, deadline - time.monotonic())
    done = run(command, places.account, timeout_seconds=remaining_seconds, pass_fds=[lock])
    if done.returncode != 0:
        raise StartFailed("The database cluster could not be made; initdb said:", done.stdout[-2000:].strip())
    draft.rename(places.data)
    directory = os.open(places.root, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def _refuse_other_version(places: Places) -> None:
    found = (places.data / "PG_VERSION").read_text().strip()
    if found != places.major:
        raise WrongMajorVersion(places.data, places.bin_dir, found, places.major)


def _password(places: Places) -> str:
    path = places.root / "password"
    if not path.exists():
        with open(own_file(places.root, path.name), "w") as file:
            file.write(secrets.token_hex(24))
    return path.read_text()


def _write(places: Places, name: str, lines: list[str]) -> None:
    path = places.root / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o644 if places.account else 0o600)  # the account reads what it must not be able to change


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _drop_old_logs(directory: Path) -> None:
    # The day's file is begun anew at midnight only while the server runs.
    week_ago = time.time() - 6 * 86_400
    for path in directory.glob("*.log"):
        if path.stat().st_mtime < week_ago:
            path.unlink()


def _log_tail(places: Places, lines_max: int = 20) -> str:
    """The last lines of this start: what was said before the log file was open, then the log file's own."""
    start_log = places.root / "start.log"
    paths = [start_log, *(places.root / "log").glob("*.log")]
    since = start_log.stat().st_mtime
    recent = sorted((path for path in paths if path.stat().st_mtime >= since), key=lambda p: p.stat().st_mtime)
    text = "".join(path.read_bytes()[-8_000:].decode(errors="replace") for path in recent)
    return "\n".join(text.splitlines()[-lines_max:])
