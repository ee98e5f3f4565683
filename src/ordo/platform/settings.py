"""Settings: from the environment, checked once at the start."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process needs to know. Every field can be set as ORDO_<NAME> in the environment."""

    home: Path = Path(".ordo")
    database_url: str | None = None
    public_url: str | None = None
    body_bytes_max: int = 6_000_000
    works: int = 2

    @classmethod
    def from_environment(cls, **more: object) -> Settings:
        """Raises ValueError naming the variable whose value cannot be read."""
        values: dict[str, object] = {}
        for field in msgspec.structs.fields(cls):
            text = os.environ.get(f"ORDO_{field.name.upper()}")
            if text is not None:
                values[field.name] = text
        values.update({name: value for name, value in more.items() if value is not None})
        try:
            return msgspec.convert(values, cls, strict=False, dec_hook=_path)
        except msgspec.ValidationError as error:
            raise ValueError(f"environment: {error}") from error


def _path(kind: type, value: object) -> object:
    if kind is Path or issubclass(kind, Path):
        return Path(str(value))
    raise NotImplementedError(kind)
