"""What a command is told: a text, a file, its standard input; a password never as an argument."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ordo.cli import environment
from ordo.platform import wire

PASSWORD_LENGTH_MIN = 8

Ask = Annotated[bool, typer.Option("--ask", help="Type the password in.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from the first line of standard input.")]


def bytes_told(said: str) -> bytes:
    """`-` is standard input, `@file` a file, everything else the text itself."""
    try:
        if said == "-":
            return sys.stdin.buffer.read()
        return Path(said[1:]).read_bytes() if said.startswith("@") else said.encode()
    except (OSError, UnicodeError) as error:
        raise environment.refused(f"{said} cannot be read: {error}") from error


def json_told(said: str, decode: Callable[[bytes], object] = wire.decode_exactly) -> object:
    """Decimals exactly as they are written, unless `decode` reads them otherwise."""
    content = bytes_told(said)
    try:
        return decode(content)
    except (ValueError, RecursionError) as error:  # msgspec's own are ValueErrors
        raise environment.refused(f"this is no JSON: {error}") from error


def password_told(*, ask: bool, stdin: bool) -> str | None:
    """None: one is to be made."""
    if ask and stdin:
        raise environment.refused("Say either --ask or --stdin.")
    if ask:
        return _long_enough(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if not stdin:
        return None
    try:
        return _long_enough(sys.stdin.buffer.readline().decode().rstrip("\r\n"))
    except UnicodeError as error:
        raise environment.refused("the password is not UTF-8") from error


def _long_enough(password: str) -> str:
    if len(password) < PASSWORD_LENGTH_MIN:
        raise environment.refused(f"a password has at least {PASSWORD_LENGTH_MIN} characters")
    return password
