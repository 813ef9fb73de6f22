"""Answers as they go out, and the headers of all of them."""

from __future__ import annotations

from dataclasses import dataclass

HEADERS = (  # unless the view says otherwise
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
)


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole answer, all but its request's id."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
