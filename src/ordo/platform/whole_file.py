"""Files that are there whole or not at all, however the process that writes them ends."""

from __future__ import annotations

import os
from pathlib import Path

DRAFT = ".new"  # what a killed process may leave behind


def write(path: Path, content: bytes, *, mode: int) -> Path:
    """Written aside with that mode, whatever the umask, then renamed to `path`. OSError if it cannot be."""
    draft = path.with_name(path.name + DRAFT)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, mode)
    return draft.rename(path)
