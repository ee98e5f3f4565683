"""JWT assertions of the bearer grant: RS256, with the tolerances real clients need."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from ordo.platform.logins import GrantRefused

SALESFORCE_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
KEY_BITS_MIN = 2048
_LEEWAY_SECONDS = 60
_AHEAD_SECONDS_MAX = 24 * 3600
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138


class InvalidAssertion(GrantRefused):
    def __init__(self, description: str = "invalid assertion") -> None:
        super().__init__("invalid_grant", description)


def public_key(certificate_pem: str) -> RSAPublicKey:
    """Of an X.509 certificate or a bare public key in PEM; ValueError unless RSA of 2048 bits or more."""
    pem = certificate_pem.encode()
    key: Any
    key = x509.load_pem_x509_certificate(pem).public_key() if b"CERTIFICATE" in pem else load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        raise ValueError("the certificate must hold an RSA key of at least 2048 bits")
    return key


def issuer(assertion: str) -> str:
    """The client id it names, not yet believed."""
    try:
        payload = jws.extract_compact(assertion.encode()).payload
        return _text(msgspec.json.decode(payload, type=dict[str, Any]), "iss")
    except (JoseError, ValueError) as error:  # what msgspec raises is a ValueError too
        raise InvalidAssertion from error


def subject(assertion: str, certificate_pem: str, audiences: Collection[str]) -> str:
    """The username it speaks for, once signature, audience and time are right."""
    try:
        key = RSAKey.import_key(public_key(certificate_pem))
        claims = jwt.decode(assertion, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError) as error:
        raise InvalidAssertion from error
    _check_audience(claims.get("aud"), audiences)
    _check_time(claims.get("exp"))
    return _text(claims, "sub")


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise InvalidAssertion
    return value


def _check_audience(given: object, audiences: Collection[str]) -> None:
    named = given if isinstance(given, list) else [given]
    if not any(isinstance(one, str) and one.rstrip("/") in audiences for one in named):
        raise InvalidAssertion("Audience validation failed")


def _check_time(given: object) -> None:
    """Salesforce's CLI sends milliseconds, simple-salesforce a string. Clients know only the real clock."""
    try:
        expires = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InvalidAssertion from error
    if expires > _MILLISECONDS_FROM:
        expires /= 1000
    now = time.time()
    if not now - _LEEWAY_SECONDS <= expires <= now + _AHEAD_SECONDS_MAX:
        raise InvalidAssertion("assertion has expired")
