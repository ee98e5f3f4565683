"""How statements look rows up by keys that are only known while they run."""

from __future__ import annotations

import hashlib


def is_key(column: str, key: str) -> str:
    """SQL for `column = key`, the first column of an index, where the keys are rows of their own.

    With `=` the planner may begin with the table and look each of its rows up among the keys: a good plan for
    a table of which it knows that it is empty, and kept while the table fills. An array, even of one key, is
    no join: the only way left is the index, once for each key.
    """
    return f"{column} = ANY(ARRAY[{key}])"


def lock_number(*names: str) -> int:
    """The number of an advisory lock, signed and of 64 bits. Names that share one exclude each other for a moment,
    no more."""
    return int.from_bytes(hashlib.sha256(" ".join(names).encode()).digest()[:8], signed=True)


def is_any_of(column: str, keys: str) -> str:
    """SQL for `column` being among what the query `keys` answers, which is run first, and once."""
    return f"{column} = ANY(ARRAY({keys}))"
