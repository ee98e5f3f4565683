"""Passwords people choose: argon2id, in a thread, a few at a time."""

from __future__ import annotations

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and verifies. A login takes `turn` from reading the credential to judging it: that bounds
    the memory argon2 takes, and the guesses that are under way before the lockout sees them."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self.turn = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, password)

    async def match(self, stored: str | None, password: str) -> bool:
        """Takes as long for an unknown user (None) as for a wrong password."""
        return await asyncio.to_thread(self._match, stored, password)

    def _match(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash("nobody has this password")
