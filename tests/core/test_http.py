"""The guarded way out, against servers that misbehave on the loopback interface."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests.adapters
import urllib3.util.connection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.core import http as http_module
from connector.core.errors import (
    BadInput,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.http import Http, is_public, origin_of, public_addresses, raise_for_status

Serve = Callable[[Callable[[socket.socket, bytes], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that hands each request's head to a function; returns its origin."""
    with contextlib.ExitStack() as stack:

        def start(answer: Callable[[socket.socket, bytes], None]) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_accept, args=(listener, answer), daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


def _accept(listener, answer) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_converse, args=(client, answer), daemon=True).start()


def _converse(client, answer) -> None:
    with contextlib.suppress(OSError), client:
        while head := client.recv(65_536):
            answer(client, head)


def _reply(body: bytes, head: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "https://shop.example:22/",
        "https://shop.example:8443/",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://93.184.216.34/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://100.64.0.1/",
        "https://localhost/",
        "https://shop/",
        "https://shop.example\\@evil.example/",
        "https://shop.example\t/",
        "\thttps://shop.example/",
        "https://shop.example /",
        "https://shop.example./",
        "https://-shop.example/",
        "https://shóp.example/",
        "https:///wp-json",
        "https:shop.example",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "//shop.example/",
        "https://[shop.example/",
        "https://" + "a." * 130 + "example/",
        "",
    ],
)
def test_an_address_we_must_not_call_is_refused_before_any_lookup(url, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: pytest.fail("looked up"))
    with pytest.raises(BadInput) as refused:
        Http().request("GET", url)
    assert (refused.value.code, refused.value.status) == ("url_not_allowed", 422)


def test_an_origin_is_lower_case_and_without_its_default_port():
    assert origin_of("https://Shop.Example:443/a?b#c") == "https://shop.example"


def test_a_private_origin_is_allowed_only_exactly_as_listed():
    allowed = Http(["http://127.0.0.1:8900/"]).allow_private
    assert origin_of("http://127.0.0.1:8900/x", allowed) == "http://127.0.0.1:8900"
    for other in (
        "http://127.0.0.1:89001/",
        "https://127.0.0.1:8900/",
        "http://u@127.0.0.1:8900/",
    ):
        with pytest.raises(BadInput):
            origin_of(other, allowed)


INSIDE = """
127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
240.0.0.1 255.255.255.255 198.18.0.1 ::1 :: ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
64:ff9b::7f00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:808:808:: 2001:0:1::1 fe80::1 fc00::1
ff02::1 ff0e::1 2001:db8::1 100::1
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_inside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_outside_is_public(address):
    assert is_public(address)


def _resolving(monkeypatch, *addresses):
    calls = []

    def lookup(host, port, *_args, **_options):
        calls.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return calls


def test_one_private_address_among_public_ones_refuses_the_host(monkeypatch):
    _resolving(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(BadInput, match="url_not_allowed"):
        public_addresses("shop.example", 443)
    with pytest.raises(BadInput, match="url_not_allowed"):
        Http().request("GET", "https://shop.example/")


def test_an_unknown_host_is_unreachable_and_may_be_tried_again(monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PlatformBusy) as busy:
        Http().request("GET", "https://shop.example/?oauth_signature=s3cret")
    assert busy.value.code == "platform_unreachable"
    assert "s3cret" not in str(busy.value)


def _certificate(name, directory):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = directory / f"{name}.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return pem


@pytest.fixture
def tls_shop(tmp_path, monkeypatch, serve):
    """shop.example on 93.184.216.34:443, really a TLS server here that notes what it is asked."""
    seen: dict[str, Any] = {"connected": []}
    pem = _certificate("shop.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _sock, name, _context: seen.update(sni=name)
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        with contextlib.suppress(OSError):
            while True:
                client = context.wrap_socket(listener.accept()[0], server_side=True)
                seen["head"] = client.recv(65_536)
                client.sendall(_reply(b"hello", "Connection: close\r\n"))
                client.close()

    def create_connection(address, *_args, **_options):
        seen["connected"].append(address)
        if address[0] == "93.184.216.99":
            raise TimeoutError
        sock = socket.socket()
        sock.connect(listener.getsockname())
        return sock

    monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pem))
    threading.Thread(target=talk, daemon=True).start()
    with listener:
        yield seen


def test_it_connects_to_the_checked_address_under_the_shops_name(tls_shop, monkeypatch):
    looked_up = _resolving(monkeypatch, "93.184.216.34")
    assert Http().request("GET", "https://shop.example/wp-json/").text == "hello"
    assert tls_shop["connected"] == [("93.184.216.34", 443)]
    assert tls_shop["sni"] == "shop.example"
    assert b"\r\nHost: shop.example\r\n" in tls_shop["head"]
    assert looked_up == ["shop.example"]


def test_an_address_that_does_not_answer_is_passed_over_for_the_next(tls_shop, monkeypatch):
    _resolving(monkeypatch, "93.184.216.99", "93.184.216.34")
    assert Http().request("GET", "https://shop.example/").text == "hello"
    assert len(tls_shop["connected"]) == 2


def test_a_certificate_of_another_name_is_no_answer(tls_shop, monkeypatch):
    _resolving(monkeypatch, "93.184.216.34")
    with pytest.raises(PlatformBusy, match="SSLError"):
        Http().request("GET", "https://other.example/")


def test_a_redirect_is_an_answer_and_is_not_followed(serve):
    asked = []

    def redirect(client, head):
        asked.append(head)
        client.sendall(
            b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )

    origin = serve(redirect)
    assert Http([origin]).request("GET", f"{origin}/").status_code == 302
    assert len(asked) == 1


def test_cookies_of_one_shop_are_not_sent_again(serve):
    asked = []

    def cookie(client, head):
        asked.append(head)
        client.sendall(_reply(b"{}", "Set-Cookie: session=abc; Path=/\r\n"))

    origin = serve(cookie)
    http = Http([origin])
    http.request("GET", f"{origin}/")
    http.request("GET", f"{origin}/")
    assert b"Cookie" not in asked[1]


@pytest.mark.parametrize("compressed", [False, True])
def test_an_answer_over_the_cap_is_cut_off_also_when_it_is_small_on_the_wire(serve, compressed):
    body = gzip.compress(bytes(5_000_000)) if compressed else bytes(5_000_000)
    head = "Content-Encoding: gzip\r\n" if compressed else ""
    origin = serve(lambda client, _head: client.sendall(_reply(body, head)))
    with pytest.raises(PlatformError) as refused:
        Http([origin]).request("GET", f"{origin}/", max_bytes=4_999_999)
    assert refused.value.code == "response_too_large"
    assert (
        len(Http([origin]).request("GET", f"{origin}/", max_bytes=5_000_000).content) == 5_000_000
    )


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b""], ids=repr
)
def test_a_server_that_drips_is_cut_off_at_the_total_time(serve, start):
    def drip(client, _head):
        client.sendall(start)
        for _ in range(600):
            time.sleep(0.05)
            client.sendall(b"x")

    origin = serve(drip)
    began = time.monotonic()
    with pytest.raises(PlatformBusy) as busy:
        Http([origin]).request("GET", f"{origin}/", timeout_seconds=0.3)
    assert busy.value.code == "platform_unreachable"
    assert time.monotonic() - began < 15, "the drip takes thirty"


def test_a_kept_alive_connection_is_under_the_deadline_too(serve):
    asked = []

    def slow_the_second_time(client, head):
        asked.append(client.fileno())
        if len(asked) == 1:
            client.sendall(_reply(b"first"))
            return
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(600):
            time.sleep(0.05)
            client.sendall(b"x")

    origin = serve(slow_the_second_time)
    http = Http([origin])
    assert http.request("GET", f"{origin}/").text == "first"
    with pytest.raises(PlatformBusy):
        http.request("GET", f"{origin}/", timeout_seconds=2)  # for the request to come through
    assert asked[0] == asked[1]


def test_a_lost_reply_is_platform_unreachable(serve):
    origin = serve(lambda client, _head: client.shutdown(socket.SHUT_RDWR))
    with pytest.raises(PlatformBusy, match="platform_unreachable"):
        Http([origin]).request("POST", f"{origin}/", data=b"{}")


def test_a_download_appears_only_when_it_is_whole(serve, tmp_path):
    origin = serve(lambda client, _head: client.sendall(_reply(b"line\n" * 1000)))
    path = tmp_path / "bulk.jsonl"
    with pytest.raises(PlatformError, match="response_too_large"):
        Http([origin]).download(f"{origin}/", path, max_bytes=4_999)
    assert list(tmp_path.iterdir()) == []
    assert Http([origin]).download(f"{origin}/", path, max_bytes=5_000) == 5_000
    assert [file.name for file in tmp_path.iterdir()] == ["bulk.jsonl"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PlatformRefused),
        (403, PlatformRefused),
        (404, PlatformMissing),
        (410, PlatformMissing),
        (429, PlatformBusy),
        (503, PlatformBusy),
        (302, PlatformError),
        (400, PlatformError),
    ],
)
def test_a_status_becomes_its_kind_of_refusal(serve, status, kind):
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n".encode()
    origin = serve(lambda client, _head: client.sendall(answer))
    with pytest.raises(PlatformError) as refused:
        raise_for_status(Http([origin]).request("GET", f"{origin}/"))
    assert type(refused.value) is kind
    assert getattr(refused.value, "retry_after_seconds", 7) == 7


def test_no_transport_but_ours_is_there():
    session = Http(["http://127.0.0.1:8900"])._session
    assert list(session.adapters) == ["http://127.0.0.1:8900/", "https://"]
    guarded: Any = session.get_adapter("https://shop.example/")
    assert guarded.poolmanager.pool_classes_by_scheme == {"https": http_module._GuardedPool}
