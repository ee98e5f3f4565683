"""Folders of the repository that are packed into the wheel beside the code."""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """Inside the package where it is installed from a wheel, beside `src` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / name
    return installed if installed.is_dir() else package.parents[1] / name
