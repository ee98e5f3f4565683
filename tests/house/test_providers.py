"""Plugs are found, not named: one module is one adapter, for server and worker alike."""

from __future__ import annotations

import ast
import subprocess
import sys

from tests.house.test_rules import SOURCES, files, name_of, nodes

PROVIDERS = SOURCES / "ordo" / "providers"
# The kernel only; what a port or the register imported, every provider would see.
ENDS_AT_THE_KERNEL = ("ordo/domain/ports.py", "ordo/platform/plugs.py")


def imported(path: str) -> set[str]:
    """The modules of Ordo that a source file imports, by full name."""
    names = set()
    for node in nodes(SOURCES / path):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("ordo.")}


def declared() -> dict[str, set[str]]:
    """Port → adapter names, as `@plug(Port, "Name")` stands in the sources."""
    found: dict[str, set[str]] = {}
    for path in files(PROVIDERS):
        for node in nodes(path):
            match node:
                case ast.Call(func=ast.Name("plug"), args=[ast.Name(port), ast.Constant(str(name))]):
                    found.setdefault(port, set()).add(name)
    return found


def test_only_the_bootstrap_knows_the_providers() -> None:
    """An adapter that other code names is no plug."""
    outside = [name_of(path) for path in files() if PROVIDERS not in path.parents]
    knowing = {
        path
        for path in outside
        if any(name == "ordo.providers" or name.startswith("ordo.providers.") for name in imported(path))
    }
    assert knowing == {"ordo/bootstrap.py"}
    assert imported("ordo/bootstrap.py") & {f"ordo.providers.{path.stem}" for path in PROVIDERS.iterdir()} == set()


def test_bootstrap_loads_every_adapter_that_is_declared() -> None:
    """In a process of its own, where no test has imported a provider."""
    ports = declared()
    assert "Simulated" in ports["PaymentGateway"]
    script = (
        "import ordo.bootstrap, ordo.domain.ports as ports\n"
        "from ordo.platform.plugs import adapters\n"
        f"print({{port: set(adapters(getattr(ports, port))) for port in {sorted(ports)}}} == {ports})"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (answer.stdout.strip(), answer.stderr) == ("True", "")


def test_ports_and_the_register_of_plugs_import_only_the_kernel() -> None:
    for path in ENDS_AT_THE_KERNEL:
        beyond = {name for name in imported(path) if not name.startswith("ordo.kernel")}
        assert beyond == set(), path
