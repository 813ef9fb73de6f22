"""What a network does to a shop, as switches: so that the other end can prove it copes."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TypeVar

from flask import Flask, Response, request
from msgspec import Struct

from devstore.shop import Shop

Thing = TypeVar("Thing")


class Faults(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares are of 1: 0.3 duplicates three deliveries in ten. All off by default.

    duplicate, drop: webhooks sent twice, or lost. reorder: what is due goes out shuffled.
    delay_seconds: webhooks wait this long. fail, slow_seconds: the platform's API answers 500,
    or late.
    """

    duplicate: float = 0
    drop: float = 0
    reorder: bool = False
    delay_seconds: float = 0
    fail: float = 0
    slow_seconds: float = 0


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
    """Let ``fail`` and ``slow_seconds`` act on requests under ``prefixes``."""
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
