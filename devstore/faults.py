"""What a network does to a shop, as switches: so that the other end can prove it copes."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from typing import TypeVar

from flask import Flask, Response, request
from msgspec import Struct
from msgspec.structs import replace

from devstore.shop import Shop

Thing = TypeVar("Thing")
_MUTATION = re.compile(r"^\s*mutation\b", re.MULTILINE)


class Faults(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares are of 1: 0.3 duplicates three deliveries in ten. All off by default.

    duplicate, drop: webhooks sent twice, or lost. reorder: what is due goes out shuffled.
    delay_seconds: webhooks wait this long. fail, slow_seconds: the platform's API answers 500,
    or late. lose_replies: so many changes asked of it are made, and a gateway answers instead.
    """

    duplicate: float = 0
    drop: float = 0
    reorder: bool = False
    delay_seconds: float = 0
    fail: float = 0
    slow_seconds: float = 0
    lose_replies: int = 0


def current(shop: Shop) -> Faults:
    """The switches as they are set now."""
    return shop.shelf.take("faults", "switches", Faults) or Faults()


def switch(shop: Shop, faults: Faults) -> None:
    """Set all of them."""
    shop.shelf.put("faults", "switches", faults)


def disturbed(
    faults: Faults, due: Sequence[Thing], rng: random.Random
) -> list[tuple[Thing, bool]]:
    """What is to be sent, in order, each with whether it really goes out (False: dropped).

    A dropped delivery counts as sent: the shop believes it, and nobody hears of it.
    """
    sent: list[tuple[Thing, bool]] = []
    for thing in due:
        goes = rng.random() >= faults.drop
        sent.append((thing, goes))
        if goes and rng.random() < faults.duplicate:
            sent.append((thing, True))
    if faults.reorder:
        rng.shuffle(sent)
    return sent


def disturb_api(app: Flask, shop: Shop, prefixes: tuple[str, ...]) -> None:
    """Let ``fail``, ``slow_seconds`` and ``lose_replies`` act on requests under ``prefixes``."""
    rng = random.Random()

    @app.before_request
    def disturb() -> Response | None:
        if not request.path.startswith(prefixes):
            return None
        faults = current(shop)
        time.sleep(faults.slow_seconds)
        if rng.random() >= faults.fail:
            return None
        page = "<p>There has been a critical error on this website.</p>"
        return Response(page, 500, mimetype="text/html")

    @app.after_request
    def lose(response: Response) -> Response:
        switches = current(shop)
        if not (switches.lose_replies and request.path.startswith(prefixes) and _is_change()):
            return response
        switch(shop, replace(switches, lose_replies=switches.lose_replies - 1))
        return Response("<h1>504 Gateway Time-out</h1>", 504, mimetype="text/html")


def _is_change() -> bool:
    """Whether the request would change something: a mutation, or anything REST but a GET."""
    told = request.get_json(silent=True)
    if isinstance(told, dict) and isinstance(told.get("query"), str):
        return _MUTATION.search(told["query"]) is not None
    return request.method not in {"GET", "HEAD", "OPTIONS"} and "/oauth/" not in request.path
