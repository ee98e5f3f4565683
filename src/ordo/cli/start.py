"""Where the `ordo` command begins."""

from __future__ import annotations

import signal


def main() -> None:
    """Until everything is imported, Ctrl-C ends the process without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ordo.cli import main as command  # noqa: PLC0415  this takes a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    command.main()
