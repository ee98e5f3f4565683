"""Rules of the house that no linter knows: names, sizes, who may open a transaction, what a database may hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

SOURCES = Path(__file__).parents[2] / "src"
TESTS = SOURCES.parent / "tests"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "service", "manager", "base"}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
# The write pool is Work's; the sequencer and consumers of facts run Works inside their own claim, and jobs
# are claimed by a statement that must be planned once.
MAY_WRITE = {f"ordo/platform/{name}.py" for name in ("work", "events", "jobs", "database")}
# How long a session outlives its end elsewhere is a time, and is waited for.
TIME_IS_TESTED = {"faces/test_sessions.py"}
DECLARES = {"verb", "creates", "updates", "deletes", "through", "only_by_verbs"}


def files(root: Path = SOURCES) -> list[Path]:
    return sorted(root.rglob("*.py"))


def name_of(path: Path, root: Path = SOURCES) -> str:
    return path.relative_to(root).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def texts(path: Path) -> Iterator[str]:
    """String literals of a module that are not docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Of folders, `service` is a room: that of the service desk."""
    parts = {name_of(path): {*path.relative_to(SOURCES).parts[:-1]} - {"service"} for path in files()}
    assert [name for name, found in parts.items() if (found | {Path(name).stem}) & FORBIDDEN_NAMES] == []


def test_no_file_is_longer_than_one_reads_at_once() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in files()}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{name_of(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in files()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in long.items() if length > FUNCTION_LINES_MAX} == {}


def test_every_module_opens_with_a_line_on_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in files()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_no_statement_notifies() -> None:
    """NOTIFY in a transaction makes commits queue for each other."""
    places = [*files(), *files(SOURCES.parent / "migrations")]
    notifying = [path.name for path in places for text in texts(path) if "NOTIFY" in text.upper()]
    assert notifying == []


def test_no_table_has_a_trigger_and_no_function_notifies(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        triggers = connection.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").fetchall()
        rules = connection.execute(
            "SELECT tablename, rulename FROM pg_rules WHERE schemaname = 'public'"
        ).fetchall()
        functions = connection.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ILIKE '%notify%'"
        ).fetchall()
    assert (triggers, rules, functions) == ([], [], [])


def test_business_transactions_are_opened_by_work_and_events_alone() -> None:
    """`database.write` is asked for nowhere else."""
    asking = {
        name_of(path)
        for path in files()
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr == "write"
        and isinstance(node.value, ast.Attribute | ast.Name)
        and (node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id) in ("database", "self")
    }
    assert asking - MAY_WRITE == set()


@pytest.mark.parametrize("floor", ["domain", "journeys"])
def test_every_module_that_declares_is_imported_by_its_package(floor: str) -> None:
    """A verb nobody imports is a verb that is not there."""
    forgotten = []
    for path in files(SOURCES / "ordo" / floor):
        if path.name == "__init__.py" or not _declares(path):
            continue
        package = path.with_name("__init__.py")
        imported = {
            alias.name
            for node in nodes(package)
            if isinstance(node, ast.ImportFrom | ast.Import)
            for alias in node.names
        }
        if path.stem not in imported:
            forgotten.append(name_of(path))
    assert forgotten == []


def _declares(path: Path) -> bool:
    """Whether the module calls one of the registering functions of platform.verbs at its top level."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DECLARES
        for node in nodes(path)
    )


def test_every_room_is_imported_by_the_domain() -> None:
    domain = SOURCES / "ordo" / "domain"
    rooms = {path.name for path in domain.iterdir() if (path / "__init__.py").exists()}
    imported = {
        alias.name
        for node in nodes(domain / "__init__.py")
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert rooms - imported == set()


def test_no_test_sleeps() -> None:
    """Tests settle what is queued, or ask until it holds: a pause is too long here and too short there."""
    sleeping = [
        name_of(path, TESTS)
        for path in files(TESTS)
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and isinstance(node.value, ast.Name)
        and node.value.id == "asyncio"
    ]
    assert set(sleeping) - TIME_IS_TESTED == set()
