"""How the parts of a person's name become one."""

from __future__ import annotations


def full_name(*parts: str | None) -> str | None:
    """The given parts with a blank between; None when there is none."""
    return " ".join(part for part in parts if part) or None
