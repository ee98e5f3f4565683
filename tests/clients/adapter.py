"""Unmodified simple-salesforce against a server without TLS, and its logins with the first credentials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from simple_salesforce.api import Salesforce
from tests.processes import Running


class Plain(requests.adapters.HTTPAdapter):
    """The client always speaks https, some logins to salesforce.com; this carries all to the server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def send(self, request: Any, *told: Any, **more: Any) -> Any:
        url = urlsplit(request.url)
        request.url = urlunsplit(("http", f"127.0.0.1:{self._port}", url.path, url.query, url.fragment))
        return super().send(request, *told, **more)


@contextmanager
def plain_session(port: int) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Plain(port))
        yield session


def by_app(running: Running, session: requests.Session) -> Any:
    secrets = running.credentials
    return Salesforce(
        consumer_key=secrets["client_id"],
        consumer_secret=secrets["client_secret"],
        domain="oms.my",
        session=session,
    )


def by_soap(running: Running, session: requests.Session, **other: str) -> Any:
    secrets = running.credentials | other
    return Salesforce(
        username=secrets["username"],
        password=secrets["password"],
        security_token=secrets["security_token"],
        session=session,
    )
