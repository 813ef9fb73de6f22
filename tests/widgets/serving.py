"""A store and service of a test's own for the committed bundle, told by ``Shop`` of its module."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DIST = Path(__file__).parents[2] / "static" / "widgets" / "dist"
_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
}


class Serving(BaseHTTPRequestHandler):
    """Answers, and keeps the tests' output to the tests."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.get(urlsplit(self.path))

    def do_POST(self) -> None:
        self.post(urlsplit(self.path), self.rfile.read(int(self.headers["Content-Length"])))

    def get(self, url: SplitResult) -> None:
        """What a module's ``Shop`` answers."""
        raise NotImplementedError

    def post(self, url: SplitResult, body: bytes) -> None:
        """The same, to what it is told."""
        raise NotImplementedError

    def page(self, html: str) -> None:
        self._answer(200, "html", html.encode())

    def bundle(self, name: str) -> None:
        """A file of the bundle."""
        self._answer(200, name.rsplit(".", maxsplit=1)[-1], (DIST / name).read_bytes())

    def say(self, status: int, body: object = None) -> None:
        """JSON; nothing at all where there is no ``body``."""
        self._answer(status, "json", b"" if body is None else json.dumps(body).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _KINDS[kind])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
