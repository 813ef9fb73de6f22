"""Calls out of the house: the one guarded way, because shops name the addresses we call.

Public origins: https on 443, a real host name, no userinfo. The name is resolved once, every
address must be public, and the connection goes to those very addresses, with the name kept for
SNI, Host and the certificate; a second lookup could answer differently. Redirects are never
followed, cookies never kept, proxies and netrc of the environment never used. One exchange has a
cap on its bytes and on its whole time: a server that drips a byte a second is cut off too.
Origins in ``allow_private`` (development, the practice shop) are exempt from the address rules.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from connector.core.errors import (
    BadInput,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)

CONNECT_SECONDS = 5.0
CHUNK_BYTES = 65_536
ADDRESSES_TRIED = 4
HEADERS = {"User-Agent": "Perennial/1"}
HOST_LENGTH = 253
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label starts with a letter, so no spelling of an IPv4 address (0x7f.1, 127.1) fits.
_PUBLIC_NETLOC = re.compile(rf"((?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9]))(?::443)?")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))

Params = Mapping[str, str | int]


def origin_of(url: str, allow_private: Collection[str] = ()) -> str:
    """The origin of a URL we may call, lower case; BadInput ``url_not_allowed`` otherwise."""
    try:
        # urlsplit drops tabs and newlines silently, so they are refused before it runs.
        parts = urlsplit(url) if url.isascii() and url.isprintable() and " " not in url else None
    except ValueError:
        parts = None
    scheme, netloc = (parts.scheme, parts.netloc.lower()) if parts else ("", "")
    if f"{scheme}://{netloc}" in allow_private:
        return f"{scheme}://{netloc}"
    public = _PUBLIC_NETLOC.fullmatch(netloc)
    if scheme != "https" or public is None or len(public[1]) > HOST_LENGTH:
        raise _not_allowed("use an https address with a public host name and no port")
    return f"https://{public[1]}"


def is_public(text: str) -> bool:
    """Whether an IP address lies on the public internet, seen through mapping and NAT64."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        tunnelled = any(address in network for network in _TUNNELS)
        return address.is_global and address in _GLOBAL_UNICAST and not tunnelled
    return address.is_global and not address.is_multicast


def public_addresses(host: str, port: int) -> list[str]:
    """Every address of ``host``, resolved once; ``url_not_allowed`` if one is not public."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(is_public(address) for address in addresses):
        raise _not_allowed(f"{host} does not resolve to public addresses only")
    return addresses


class Http:
    """The guarded session. One per process; threads share its connections."""

    def __init__(self, allow_private: Collection[str] = ()) -> None:
        self.allow_private = frozenset(origin.rstrip("/").lower() for origin in allow_private)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(HEADERS)
        self._session.adapters.clear()  # requests' own would go anywhere
        self._session.mount("https://", _Adapter({"https": _GuardedPool}))
        for origin in self.allow_private:
            self._session.mount(f"{origin}/", _Adapter({"http": _Pool, "https": _TlsPool}))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        data: bytes | str | None = None,
        auth: AuthBase | tuple[str, str] | None = None,
        timeout_seconds: float = 20.0,
        max_bytes: int = 8_000_000,
    ) -> requests.Response:
        """The response with any status, its content read. One try: who calls decides on more.

        Raises BadInput ``url_not_allowed``, PlatformBusy ``platform_unreachable`` (no answer, or
        not within ``timeout_seconds`` in all), PlatformError ``response_too_large``.
        """
        sending = {"headers": headers, "params": params, "data": data, "auth": auth}
        with self._exchange(method, url, timeout_seconds, sending) as response:
            # requests keeps what was read here; it has no public way to cap it.
            response._content = b"".join(_capped(response, max_bytes))  # noqa: SLF001
        return response

    def download(
        self, url: str, path: Path, *, max_bytes: int, timeout_seconds: float = 3_600.0
    ) -> int:
        """Stream a file to ``path``, which exists only once it is whole; returns its bytes."""
        part = path.with_name(f"{path.name}.part")
        written = 0
        try:
            with (
                self._exchange("GET", url, timeout_seconds, {}) as response,
                part.open("wb") as file,
            ):
                raise_for_status(response)
                for chunk in _capped(response, max_bytes):
                    written += file.write(chunk)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return written

    @contextlib.contextmanager
    def _exchange(
        self, method: str, url: str, timeout_seconds: float, sending: Mapping[str, Any]
    ) -> Iterator[requests.Response]:
        origin = origin_of(url, self.allow_private)
        deadline = _Deadline(timeout_seconds)
        try:
            with (
                deadline,
                self._session.request(
                    method,
                    url,
                    stream=True,
                    allow_redirects=False,
                    timeout=(min(CONNECT_SECONDS, timeout_seconds), timeout_seconds),
                    **sending,
                ) as response,
            ):
                yield response
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as problem:
            raise _not_allowed(f"{origin} cannot be called") from problem
        except (requests.RequestException, HTTPError) as problem:
            # The exception's text may hold a signed URL; its type says enough.
            raise _unreachable(origin, type(problem).__name__) from problem
        if deadline.passed:
            raise _unreachable(origin, f"no whole answer in {timeout_seconds:g} s")


def raise_for_status(response: requests.Response) -> None:
    """Turn a status that is not 2xx into PlatformMissing, -Refused, -Busy or -Error."""
    status = response.status_code
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    told = f"answered {status}"
    if status in MISSING:
        raise PlatformMissing("platform_missing", told)
    if status in REFUSED:
        raise PlatformRefused("platform_refused", told)
    if status in BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PlatformBusy("platform_busy", told, retry_after_seconds=retry_after(response))
    raise PlatformError("platform_error", told)


def retry_after(response: requests.Response) -> float:
    """Seconds the platform asks us to wait; 0 when it does not say (dates are not read)."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), 86_400.0) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text) else 0.0


def _capped(response: requests.Response, max_bytes: int) -> Iterator[bytes]:
    """The decoded content in chunks; ``response_too_large`` as soon as there is more of it."""
    size = 0
    for chunk in response.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise PlatformError("response_too_large", f"more than {max_bytes} bytes")
        yield chunk


def _not_allowed(message: str) -> BadInput:
    return BadInput("url_not_allowed", message, field="url")


def _unreachable(origin: str, reason: str) -> PlatformBusy:
    return PlatformBusy("platform_unreachable", f"{origin}: {reason}")


class _Deadline:
    """Shuts the connections of one exchange when its time is over, whatever they are doing.

    Socket timeouts bound each read, not their sum. It holds duplicates of the sockets, so it can
    cut a connection in the middle of a TLS handshake, and closes only what it made.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def hold(self, sock: socket.socket) -> None:
        duplicate = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._held.append(duplicate)
        if self.passed:
            self._cut()

    def _cut(self) -> None:
        self.passed = True
        with self._lock, contextlib.suppress(OSError):
            for sock in self._held:
                sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._token = _deadline.set(self)
        self._timer.start()

    def __exit__(self, *_problem: object) -> None:
        self._timer.cancel()
        _deadline.reset(self._token)
        with self._lock:
            for sock in self._held:
                sock.close()
            self._held.clear()


_deadline: ContextVar[_Deadline] = ContextVar("deadline")


class _Connection(HTTPConnection):
    """Tells the running exchange's deadline which socket it uses, new or kept alive."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _deadline.get().hold(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _deadline.get().hold(self.sock)
        super().request(*args, **kwargs)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _GuardedConnection(_TlsConnection):
    """Connects to checked addresses only; everything above still sees the host's name."""

    def _new_conn(self) -> socket.socket:
        host = self._dns_host
        addresses = public_addresses(host, self.port)
        problem: Exception = NewConnectionError(self, "no address")
        for address in addresses[:ADDRESSES_TRIED]:
            self._dns_host = address
            try:
                return super()._new_conn()
            except HTTPError as failed:
                problem = failed
            finally:
                self._dns_host = host
        raise problem


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _GuardedPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedConnection


class _Adapter(HTTPAdapter):
    """A transport whose connections are ours."""

    def __init__(self, pools: Mapping[str, type[HTTPConnectionPool]]) -> None:
        self._pools = dict(pools)
        super().__init__(pool_connections=64, pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
