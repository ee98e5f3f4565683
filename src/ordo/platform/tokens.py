"""Secrets Ordo makes: tokens, keys and passwords, how they look and the hash that is stored of them.

Everything made here holds at least 140 random bits, so one SHA-256 without salt is enough to store it;
passwords that people choose go through `platform.passwords` instead.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from ordo.kernel.ids import ALPHABET

SECURITY_TOKEN_LENGTH = 24

# What the Salesforce CLI lets through as an access token.
_ACCESS_TOKEN = re.compile(r"00D\w{12}(?:\w{3})?![.\w]{1,200}", re.ASCII)


def access_token(organization15: str) -> str:
    return f"{organization15}!{_word(48)}"


def refresh_token() -> str:
    return f"5Aep861{_word(48)}"


def client_id() -> str:
    return f"3MVG9{_word(48)}"


def client_secret() -> str:
    return secrets.token_hex(32).upper()


def security_token() -> str:
    """What a user appends to the password when logging in from an untrusted address."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECURITY_TOKEN_LENGTH))


def password() -> str:
    return secrets.token_urlsafe(18)


def looks_like_access_token(text: str) -> bool:
    return _ACCESS_TOKEN.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is stored of a generated secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(stored: str | None, secret: str) -> bool:
    """In constant time; a secret that was never set matches nothing."""
    return hmac.compare_digest(stored or "-", digest(secret))


def _word(size: int) -> str:
    """`size` random bytes in word characters and points; no other bytes share that spelling."""
    return secrets.token_urlsafe(size).replace("-", ".")
