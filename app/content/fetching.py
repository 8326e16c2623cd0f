"""Fetch a published page back. Only public addresses over http(s), looked up once and connected to as looked up.

The product's own preview is the one exception: it is asked without leaving the process.
"""

from __future__ import annotations

import contextvars
import ipaddress
import socket
import time
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from werkzeug.test import Client

from app.errors import UserError
from app.i18n import N_

LARGEST: Final = 10 * 1024 * 1024
CONNECT, READ, WHOLE = 5.0, 15.0, 30.0
REDIRECTS: Final = 3
OK: Final = 200
BLOCK: Final = 64 * 1024
PREVIEW: Final = "/preview/"

NO_ADDRESS = N_("网址写得不对，没有去取。")
NOT_PUBLIC = N_("网址指向内部网络，没有去取。")
NO_NAME = N_("网址的域名解析不了。")
NO_ANSWER = N_("网页没有取到：连不上，或者太久没有答复。")
NOT_OK = N_("网页没有取到：对方答复 %(status)s。")
TOO_BIG = N_("网页太大，没有取完：最多 10 MB。")
TOO_FAR = N_("网页转来转去，没有取到。")


class NotFetched(UserError):
    """A page could not be fetched; the sentence says why."""


def fetch(url: str) -> bytes:
    """Return the bytes of a public page, through a few redirects; raise NotFetched with the reason."""
    until = time.monotonic() + WHOLE
    for _ in range(REDIRECTS + 1):
        answer = _get(url)
        with answer:
            if answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                continue
            if answer.status_code != OK:
                raise NotFetched(NOT_OK, status=answer.status_code)
            return _body(answer, until)
    raise NotFetched(TOO_FAR)


def fetch_own(app: Flask, path: str) -> bytes:
    """Return the bytes of a page of this product's own preview."""
    if not path.startswith(PREVIEW):
        raise NotFetched(NO_ADDRESS)

    def ask() -> tuple[int, bytes]:
        answer = Client(app).get(path)
        return answer.status_code, answer.get_data()

    # a request of its own: nothing of the caller's request or session is seen by it
    status, data = contextvars.Context().run(ask)
    if status != OK:
        raise NotFetched(NOT_OK, status=status)
    return data


def public_address(host: str, port: int) -> str:
    """Return an address of a host that is on the public internet; raise NotFetched if any of its is not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(NO_NAME) from error
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses or not all(_is_public(one) for one in addresses):
        raise NotFetched(NOT_PUBLIC)
    return str(addresses[0])


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _is_public(inner)
    return address.is_global and not address.is_multicast


def _get(url: str) -> requests.Response:
    scheme, host, port = _parts(url)
    address = public_address(host, port)
    session = requests.Session()
    session.trust_env = False  # no proxy, no password file: what was checked is what is asked
    session.mount(f"{scheme}://", _Pinned(address, host))
    try:
        return session.get(
            url,
            headers={"Host": urlsplit(url).netloc.rpartition("@")[2], "User-Agent": "guanjia", "Accept": "*/*"},
            timeout=(CONNECT, READ),
            allow_redirects=False,
            stream=True,
        )
    except requests.RequestException as error:
        raise NotFetched(NO_ANSWER) from error


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NotFetched(NO_ADDRESS) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise NotFetched(NO_ADDRESS)
    return parts.scheme, parts.hostname, port


def _body(answer: requests.Response, until: float) -> bytes:
    data = bytearray()
    try:
        for block in answer.iter_content(BLOCK):
            data += block
            if len(data) > LARGEST:
                raise NotFetched(TOO_BIG)
            if time.monotonic() > until:
                raise NotFetched(NO_ANSWER)
    except requests.RequestException as error:
        raise NotFetched(NO_ANSWER) from error
    return bytes(data)


class _Pinned(HTTPAdapter):
    """Connects to the address that was checked, not to what the name means a moment later."""

    def __init__(self, address: str, host: str) -> None:
        self._address, self._host = address, host
        super().__init__(max_retries=0)

    def build_connection_pool_key_attributes(self, *asked: Any, **more: Any) -> Any:
        """Return the checked address with the name its certificate must bear."""
        host, pool = super().build_connection_pool_key_attributes(*asked, **more)
        named = {"server_hostname": self._host, "assert_hostname": self._host} if host["scheme"] == "https" else {}
        return {**host, "host": self._address}, {**pool, **named}
