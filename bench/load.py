"""A load generator: some connections, kept open, each asking again as soon as it is answered.

It runs in a process of its own on raw sockets, so that it costs the server under test as little of
the machine as Python can.
"""

from __future__ import annotations

import multiprocessing
import select
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection

from bench.house import HOST

ANSWER_SECONDS = 30
NUMBER = b"{number}"  # in a request: 32 digits that no other request of this run has
_NUMBERS = count(time.time_ns())


@dataclass(slots=True)
class Load:
    """What came back. Times are as a client sees them: first byte sent to last byte read."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The exact bytes of one request."""
    told = {"Host": HOST, **headers}
    if body:
        told["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def load(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Ask ``requests`` round and round over ``connections`` for ``seconds``."""
    here, there = multiprocessing.Pipe(duplex=False)
    first = next(_NUMBERS) << 32
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(there, port, requests, connections, seconds, first)
    )
    process.start()
    there.close()
    try:
        found: Load = here.recv()
    except EOFError:
        raise RuntimeError("the load generator ended early; see above") from None
    finally:
        process.join()
    return found


def _run(
    there: Connection,
    port: int,
    requests: Sequence[bytes],
    connections: int,
    seconds: float,
    first: int,
) -> None:
    numbers, poll = count(first), select.epoll()
    asking: dict[int, _Asking] = {}
    for _ in range(connections):
        one = _Asking(port)
        asking[one.fileno] = one
        poll.register(one.fileno, select.EPOLLIN)
    found, started = Load(seconds), time.perf_counter()
    for one in asking.values():
        one.ask(requests, next(numbers))
    waiting = len(asking)
    while waiting:
        events = poll.poll(ANSWER_SECONDS)
        if not events:
            raise TimeoutError(f"{waiting} requests unanswered after {ANSWER_SECONDS} s")
        for fileno, _ in events:
            one = asking[fileno]
            status = one.read()
            if status is None:
                continue
            now = time.perf_counter()
            found.statuses[status] += 1
            found.latencies_ms.append((now - one.asked_at) * 1000)
            if now - started < seconds:
                one.ask(requests, next(numbers))
            else:
                waiting -= 1
    found.seconds = time.perf_counter() - started
    there.send(found)


class _Asking:
    """One connection with one request under way."""

    __slots__ = ("_answer", "_socket", "asked_at", "fileno")

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fileno = self._socket.fileno()
        self._answer = b""
        self.asked_at = 0.0

    def ask(self, requests: Sequence[bytes], number: int) -> None:
        told = requests[number % len(requests)].replace(NUMBER, b"%032d" % number, 1)
        self.asked_at = time.perf_counter()
        self._socket.sendall(told)

    def read(self) -> int | None:
        """The status once the whole answer is here; None while it is not."""
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionError("the server hung up")
        self._answer += received
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        self._answer = b""
        return int(head[9:12])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
