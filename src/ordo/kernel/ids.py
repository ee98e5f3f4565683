"""Record ids: Salesforce's 18 characters, made by the application and sortable by time.

Layout: key prefix (3), milliseconds since 1970 (7), leased process number (2), counter (3),
all base 62, then the case checksum (3). The clock is the real one, never the sandbox's.
"""

from __future__ import annotations

import re
import threading
import time
from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PROCESS_NUMBERS = 62**2
COUNTERS = 62**3

_LOOKS_LIKE_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")


_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


def _base62(number: int, width: int) -> str:
    digits = ""
    while len(digits) < width:
        number, pair = divmod(number, 3844)
        digits = _PAIRS[pair] + digits
    return digits[-width:]


# Whether a character is upper case, as the bit of its place: five look-ups make one check character.
_BITS = [{char: (1 << place) * char.isupper() for char in ALPHABET} for place in range(5)]
_B0, _B1, _B2, _B3, _B4 = _BITS


def _checksum_of(five: str) -> str:
    return CHECKSUM[_B0[five[0]] + _B1[five[1]] + _B2[five[2]] + _B3[five[3]] + _B4[five[4]]]


def checksum(fifteen: str) -> str:
    """The three characters that carry the case of the 15 before them."""
    return _checksum_of(fifteen[:5]) + _checksum_of(fifteen[5:10]) + _checksum_of(fifteen[10:15])


@lru_cache(maxsize=65_536)
def normalize(text: str) -> str | None:
    """The 18-character form of a 15- or 18-character id; None if it is no id."""
    if not _LOOKS_LIKE_ID.fullmatch(text):
        return None
    if len(text) == 18:
        return text if checksum(text) == text[15:] else None
    return text + checksum(text)


def made_at(record_id: str) -> float:
    """When an id was made, in seconds since 1970."""
    milliseconds = 0
    for character in record_id[3:10]:
        milliseconds = 62 * milliseconds + ALPHABET.index(character)
    return milliseconds / 1000


class IdMaker:
    """Makes ids that rise within one process and never meet those of another.

    Thread-safe. `process` must be held by no other living process (see platform.processes).
    """

    def __init__(self, process: int) -> None:
        if not 0 <= process < PROCESS_NUMBERS:
            raise ValueError(f"process number {process} is outside 0..{PROCESS_NUMBERS - 1}")
        self._process = _base62(process, 2)
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0
        self._time = ""
        self._middle_check = ""

    def make(self, prefix: str) -> str:
        with self._lock:
            self._tick()
            time7, counter = self._time, self._counter
            middle_check = self._middle_check
        tail = self._process + _base62(counter, 3)
        return f"{prefix}{time7}{tail}{_checksum_of(prefix + time7[:2])}{middle_check}{_checksum_of(tail)}"

    def _tick(self) -> None:
        now = max(time.time_ns() // 1_000_000, self._millisecond)
        if now == self._millisecond and self._counter + 1 < COUNTERS:
            self._counter += 1
            return
        if now == self._millisecond:  # 238,328 ids in one millisecond: borrow the next one
            now += 1
        self._millisecond, self._counter = now, 0
        self._time = _base62(now, 7)
        self._middle_check = _checksum_of(self._time[2:7])
