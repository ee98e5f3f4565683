"""`python -m bench`: see `bench.run`."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from bench.lives import Until
from bench.run import Options, bench


def main() -> int:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ordo against hand-written SQL.")
    parser.add_argument("--until", type=Until, choices=list(Until), default=usual.until)
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--limit-seconds", type=int, default=usual.limit_seconds)
    parser.add_argument("--warm-up-seconds", type=float, default=usual.warm_up_seconds)
    parser.add_argument("--window-seconds", type=float, default=usual.window_seconds)
    return bench(Options(**vars(parser.parse_args())), Console())


if __name__ == "__main__":
    sys.exit(main())
