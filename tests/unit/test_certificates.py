"""The authority and the certificate of a development server: what they are for, and when they are made anew."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ordo.platform.certificates import Certified, Name, certify, names_of

NOW = datetime.now(UTC)
MINE: list[Name] = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
    x509.DNSName("desk-7.example"),
    x509.DNSName("*.my.salesforce.com"),
    x509.DNSName("login.salesforce.com"),
    x509.DNSName("test.salesforce.com"),
]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk-7.example")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def contents(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def changed(home: Path, before: dict[str, bytes]) -> set[str]:
    after = contents(home)
    assert after.keys() == before.keys() == {"ca.pem", "tls/ca-key.pem", "tls/server.pem"}
    return {name for name in after if after[name] != before[name]}


def shake_hands(
    certified: Certified, name: str, trusted: Path | None = None, at_most: str = "MAXIMUM_SUPPORTED"
) -> str | None:
    """A whole handshake in memory; the protocol that came of it."""
    into_client, into_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = ssl.create_default_context(cafile=trusted or certified.authority)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT  # Python's own from 3.13 on
    trust.set_ciphers("DEFAULT:@SECLEVEL=0")  # old protocols are left to the server to refuse
    trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    trust.maximum_version = ssl.TLSVersion[at_most]
    client = trust.wrap_bio(into_client, into_server, server_hostname=name)
    server = certified.context().wrap_bio(into_server, into_client, server_side=True)
    for side in (client, server) * 4:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()


def test_names_are_this_machines_and_those_of_a_hosts_file() -> None:
    assert names_of("127.0.0.1") == MINE
    assert names_of("0.0.0.0") == names_of("::") == MINE
    assert names_of("192.0.2.7") == [*MINE[:4], x509.IPAddress(ipaddress.ip_address("192.0.2.7")), *MINE[4:]]


def test_a_host_name_that_dns_does_not_allow_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "jo's_desk")
    assert names_of("127.0.0.1") == [*MINE[:3], *MINE[4:]]


def test_every_name_is_served_and_verified(tmp_path: Path) -> None:
    certified = certify(tmp_path, names_of("127.0.0.1"), NOW)
    names = ["localhost", "127.0.0.1", "::1", "desk-7.example", "oms.my.salesforce.com"]
    for name in [*names, "login.salesforce.com", "test.salesforce.com"]:
        assert shake_hands(certified, name) == "TLSv1.3"
    assert certified.replaced is False


@pytest.mark.parametrize("name", ["na1.salesforce.com", "my.salesforce.com", "a.b.my.salesforce.com", "192.0.2.7"])
def test_no_other_name_is_served(name: str, tmp_path: Path) -> None:
    certified = certify(tmp_path, names_of("127.0.0.1"), NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(Hostname|IP address) mismatch"):
        shake_hands(certified, name)


@pytest.mark.parametrize("name", ["na1.salesforce.com", "salesforce.com", "127.0.0.2", "2001:db8::7"])
def test_the_authority_cannot_sign_for_other_names(name: str, tmp_path: Path) -> None:
    """Whoever takes its key gets certificates that are refused."""
    certified = certify(tmp_path / "home", names_of("127.0.0.1"), NOW)
    other = tmp_path / "other"
    (other / "tls").mkdir(parents=True)
    shutil.copy(tmp_path / "home" / "tls" / "ca-key.pem", other / "tls")
    forged = certify(other, names_of(name), NOW)
    assert shake_hands(forged, name) == "TLSv1.3"  # who trusts what the thief made is not helped
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(forged, name, certified.authority)


def test_what_the_certificates_may_be_used_for(tmp_path: Path) -> None:
    certified = certify(tmp_path, MINE, NOW)
    authority, server = read(certified.authority), read(certified.server)
    basic = {one: one.extensions.get_extension_for_class(x509.BasicConstraints) for one in (authority, server)}
    assert basic[authority].value == x509.BasicConstraints(ca=True, path_length=0)
    assert basic[server].value == x509.BasicConstraints(ca=False, path_length=None)
    assert authority.extensions.get_extension_for_class(x509.NameConstraints).critical
    for one in (authority, server):
        purposes = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert authority.not_valid_after_utc - NOW.replace(microsecond=0) == timedelta(days=3650)
    assert server.not_valid_after_utc - NOW.replace(microsecond=0) == timedelta(days=397)


def test_modes_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0o077, 0o000):
        home = tmp_path / str(umask)
        before = os.umask(umask)
        try:
            certify(home, MINE, NOW)
        finally:
            os.umask(before)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
        assert modes == {"ca.pem": 0o644, "tls": 0o700, "ca-key.pem": 0o600, "server.pem": 0o600}


def test_what_fits_is_kept(tmp_path: Path) -> None:
    certify(tmp_path, MINE, NOW)
    before = contents(tmp_path)
    assert certify(tmp_path, MINE, NOW + timedelta(days=306)).replaced is False
    assert changed(tmp_path, before) == set()


def test_a_server_certificate_that_ends_soon_is_made_anew(tmp_path: Path) -> None:
    certify(tmp_path, MINE, NOW)
    before = contents(tmp_path)
    assert certify(tmp_path, MINE, NOW + timedelta(days=308)).replaced is False
    assert changed(tmp_path, before) == {"tls/server.pem"}


def test_an_authority_that_ends_soon_is_renewed_and_its_copies_still_trust(tmp_path: Path) -> None:
    copy = tmp_path / "copy.pem"
    home = tmp_path / "home"
    copy.write_bytes(certify(home, MINE, NOW - timedelta(days=2921)).authority.read_bytes())
    before = contents(home)
    renewed = certify(home, MINE, NOW)
    assert renewed.replaced is True
    assert changed(home, before) == {"ca.pem", "tls/server.pem"}
    assert shake_hands(renewed, "localhost", copy) == shake_hands(renewed, "localhost") == "TLSv1.3"


def test_other_names_are_another_certificate_and_other_limits(tmp_path: Path) -> None:
    certify(tmp_path, MINE, NOW)
    before = contents(tmp_path)
    moved = certify(tmp_path, names_of("192.0.2.7"), NOW)
    assert moved.replaced is True
    assert changed(tmp_path, before) == {"ca.pem", "tls/server.pem"}
    assert shake_hands(moved, "192.0.2.7") == "TLSv1.3"


@pytest.mark.parametrize(
    ("name", "anew"),
    [
        ("ca.pem", {"ca.pem"}),  # signed with the same key
        ("tls/ca-key.pem", {"tls/ca-key.pem", "ca.pem", "tls/server.pem"}),
        ("tls/server.pem", {"tls/server.pem"}),
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_what_is_missing_or_broken_is_made_anew(
    name: str, anew: set[str], content: bytes | None, tmp_path: Path
) -> None:
    certify(tmp_path, MINE, NOW)
    before = contents(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert shake_hands(certify(tmp_path, MINE, NOW), "localhost") == "TLSv1.3"
    assert changed(tmp_path, before) == anew


def test_of_many_starts_at_once_all_serve_what_the_home_trusts(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: certify(tmp_path, MINE, NOW), range(8)))
    assert {shake_hands(certified, "localhost") for certified in started} == {"TLSv1.3"}
    assert [certified.replaced for certified in started] == [False] * 8


def test_only_newer_protocols_are_spoken(tmp_path: Path) -> None:
    certified = certify(tmp_path, MINE, NOW)
    assert shake_hands(certified, "localhost", at_most="TLSv1_2") == "TLSv1.2"
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises(ssl.SSLError, match=r"(?i)protocol"):
        shake_hands(certified, "localhost", at_most="TLSv1_1")
