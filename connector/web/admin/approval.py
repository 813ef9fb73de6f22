"""A second person for large adjustments: the first signs what is wanted, another confirms it.

What is wanted travels in a link, signed for this shop: nothing waits in a table, and nobody but a
signed-in colleague can use it.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta

import msgspec
from flask import g, url_for

from connector.core import clock
from connector.core.errors import BadInput
from connector.web.runtime import runtime

DAYS = 7


class Ask(msgspec.Struct, frozen=True):
    """What one person wants to give or take (< 0), and who that is. ``once``: done once."""

    member_id: int
    points: int
    reason: str
    once: str
    asked_by: int
    asked_at: datetime

    @property
    def is_own(self) -> bool:
        """Asked by who looks at it now."""
        return bool(self.asked_by == g.staff.id)


def link(ask: Ask) -> str:
    """Where a colleague confirms it."""
    path = url_for("admin.member", member_id=ask.member_id, ask=_written(ask))
    return f"{runtime().settings.public_url}{path}"


def read(text: str, member_id: int) -> Ask:
    """What a link asks for this member; BadInput ``ask_unreadable`` if it is not one of ours."""
    payload, _, seal = text.partition(".")
    if not hmac.compare_digest(_seal(payload).encode(), seal.encode()):
        raise BadInput("ask_unreadable", "not a link of this shop")
    ask = msgspec.json.decode(base64.urlsafe_b64decode(payload), type=Ask)
    if ask.member_id != member_id or clock.now() > ask.asked_at + timedelta(days=DAYS):
        raise BadInput("ask_unreadable", f"links serve one member for {DAYS} days")
    return ask


def _written(ask: Ask) -> str:
    payload = base64.urlsafe_b64encode(msgspec.json.encode(ask)).decode()
    return f"{payload}.{_seal(payload)}"


def _seal(payload: str) -> str:
    return runtime().keys.hash(g.shop.id, "ask", payload)
