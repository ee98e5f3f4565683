"""The certificate of a development server, and the small authority in its home that signs it (decision 0034)."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ordo.platform import whole_file

AUTHORITY, FOLDER = "ca.pem", "tls"  # in the home
KEY, SERVER = "ca-key.pem", "server.pem"  # in the folder; the server's is key and certificate
SUBJECT = "Ordo development authority"
# Programs that let you choose only a subdomain, or nothing, are led here by a hosts file.
SALESFORCE = ("*.my.salesforce.com", "login.salesforce.com", "test.salesforce.com")
AUTHORITY_LASTS, SERVER_LASTS = timedelta(days=3650), timedelta(days=397)
# With less than this left at a start, it is made anew: no server outlives its authority.
AUTHORITY_LEFT, SERVER_LEFT = timedelta(days=730), timedelta(days=90)
_SKEW = timedelta(hours=1)  # a client's clock may be a little late
_DNS = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_UNFIT = (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound)
_SERVES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])

Name = x509.DNSName | x509.IPAddress


@dataclass(frozen=True)
class Certified:
    """What a server needs; `replaced`: an authority that programs may have taken a copy of is another now."""

    authority: Path
    server: Path
    replaced: bool

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer with the server's certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server)
        return context


def names_of(host: str) -> list[Name]:
    """What a server that listens on `host` is reached by: this machine's names, and Salesforce's own."""
    machine = ("localhost", "127.0.0.1", "::1", socket.gethostname().lower(), host.lower())
    named = [_name(text.partition("%")[0]) for text in (*machine, *SALESFORCE)]
    return list(dict.fromkeys(name for name in named if name is not None))


def _name(text: str) -> Name | None:
    """None for what no client can ask for: all addresses, or a host name that DNS does not allow."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return x509.DNSName(text) if len(text) <= 253 and _DNS.fullmatch(text) else None
    return None if address.is_unspecified else x509.IPAddress(address)


def certify(home: Path, names: list[Name], now: datetime) -> Certified:
    """The authority and the server's certificate in the home, each made only if it is missing, does not fit or
    ends soon. The authority's key stays, so that a renewed `ca.pem` and its copies trust the same servers.

    OSError if the home cannot be written.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        had_one = (home / AUTHORITY).exists()
        key = _kept_key(folder / KEY)
        authority = _authority_in(home / AUTHORITY, key.public_key(), names, now)
        made = authority is None
        if authority is None:
            authority = _new_authority(key, names, now)
            whole_file.write(home / AUTHORITY, authority.public_bytes(Encoding.PEM), mode=0o644)
        if not _serves(folder / SERVER, authority, names, now):
            whole_file.write(folder / SERVER, _new_server(authority, key, names, now), mode=0o600)
    return Certified((home / AUTHORITY).resolve(), folder / SERVER, replaced=made and had_one)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two starts in one home would each sign with a key of their own."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _kept_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """A key that is there but cannot be opened is left alone (OSError); one that is none is replaced."""
    if path.exists():
        with contextlib.suppress(ValueError, TypeError):
            found = load_pem_private_key(path.read_bytes(), None)
            if isinstance(found, ec.EllipticCurvePrivateKey):
                return found
    key = ec.generate_private_key(ec.SECP256R1())
    whole_file.write(path, _pem(key), mode=0o600)
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _authority_in(
    path: Path, key: ec.EllipticCurvePublicKey, names: list[Name], now: datetime
) -> x509.Certificate | None:
    """The authority in that file; None if it is not this key's, is not for exactly these names or ends soon."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        limits = found.extensions.get_extension_for_class(x509.NameConstraints).value
    except _UNFIT:
        return None
    fits = found.public_key() == key and limits == _limits(names) and _lasts(found, now, AUTHORITY_LEFT)
    return found if fits else None


def _lasts(found: x509.Certificate, now: datetime, left: timedelta) -> bool:
    return found.not_valid_before_utc <= now <= found.not_valid_after_utc - left


def _limits(names: list[Name]) -> x509.NameConstraints:
    """Whoever got the key could sign for these names and no others."""
    return x509.NameConstraints([_subtree(name) for name in names], None)


def _subtree(name: Name) -> x509.GeneralName:
    if isinstance(name, x509.DNSName):
        return x509.DNSName(name.value.removeprefix("*."))
    return x509.IPAddress(ipaddress.ip_network(name.value))


def _new_authority(key: ec.EllipticCurvePrivateKey, names: list[Name], now: datetime) -> x509.Certificate:
    subject = _subject(SUBJECT)
    return (
        _begun(subject, subject, key.public_key(), now, now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_limits(names), critical=True)
        .sign(key, hashes.SHA256())
    )


def _new_server(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, names: list[Name], now: datetime
) -> bytes:
    """A key of its own and its certificate, as one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun(_subject("localhost"), authority.subject, key.public_key(), now, now + SERVER_LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(_of(authority_key), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return _pem(key) + certificate.public_bytes(Encoding.PEM)


def _serves(path: Path, authority: x509.Certificate, names: list[Name], now: datetime) -> bool:
    """Whether the file holds a key and its certificate for these names, of this authority, that lasts."""
    try:
        pem = path.read_bytes()
        key, found = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
        found.verify_directly_issued_by(authority)
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _UNFIT:
        return False
    own = found.public_key() == key.public_key()
    return own and named == x509.SubjectAlternativeName(names) and _lasts(found, now, SERVER_LEFT)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW).not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_SERVES, critical=False)
    )  # fmt: skip


def _subject(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _of(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=False,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
