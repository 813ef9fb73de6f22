"""A shopper without a browser: looks, fills a cart, gives or not, logs in or not, checks out.

Everything goes over HTTP as a browser would send it; nothing reaches into the shop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from devstore.cart import MOST_MINOR
from devstore.money import DECIMALS, read, shown
from devstore.people import MAIL

GUEST_EMAIL = f"gina.guest@{MAIL}"
TIMEOUT_SECONDS = 30
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.([0-9]+))?")
_RECEIVED = re.compile(r"/checkout/order-received/(\d+)/")
_WARE = re.compile(r'data-sku="([^"]+)">\s*<a href="([^"]+)"')


class NotSold(RuntimeError):
    """The shop did not take the order; the message says at which step."""


@dataclass(frozen=True, slots=True)
class Gift:
    """What to give: ``minor`` units, or rounding up. None of either is "not this time"."""

    minor: int = 0
    rounds_up: bool = False

    @classmethod
    def parse(cls, text: str, currency: str = "USD") -> Gift:
        """From "2.00" or "round-up"; ValueError for anything else."""
        if text == "round-up":
            return cls(rounds_up=True)
        written = _AMOUNT.fullmatch(text)
        minor = (
            read(text, currency) if written and len(written[1] or "") <= DECIMALS[currency] else 0
        )
        if not 0 < minor <= MOST_MINOR:
            most = shown(MOST_MINOR, currency)
            raise ValueError(
                f'{text!r} is not an amount such as 2.00, up to {most}, or "round-up"'
            )
        return cls(minor)


def place_order(
    origin: str,
    member: str | None = None,
    donate: str | None = None,
    items: Mapping[str, int] | None = None,
    payment: str = "card",
    email: str = GUEST_EMAIL,
    codes: Sequence[str] = (),
    ref: str = "",
) -> str:
    """Buy ``items`` (quantity by sku; one teapot by default) and return the platform's order id.

    member: an account's e-mail, or the name before its @ (mia, noor); None buys as a guest
        with ``email``.
    donate: "2.00" or "round-up". codes: of discounts. ref: whose link they came by.
    Raises NotSold or requests' errors.
    """
    with requests.Session() as browser:
        pages = dict(_WARE.findall(_get(browser, origin, f"/?{urlencode({'ref': ref})}")))
        for sku, quantity in (items or {"TP-CEL": 1}).items():
            if sku not in pages or f'value="{sku}"' not in _get(browser, origin, pages[sku]):
                raise NotSold(f"There is no product {sku} to buy at {origin}.")
            _post(browser, origin, "/cart/add", {"sku": sku, "quantity": str(quantity)})
        if member:
            _log_in(browser, origin, member)
        if donate:
            _give(browser, origin, Gift.parse(donate))
        for code in codes:
            told = {"code": code, "email": "" if member else email}
            if _post(browser, origin, "/cart/code", told).status_code != 302:
                raise NotSold(f"{origin} refused the code {code}.")
        return _check_out(browser, origin, email=None if member else email, payment=payment)


def _log_in(browser: requests.Session, origin: str, member: str) -> None:
    email = member.lower() if "@" in member else f"{member.lower()}@{MAIL}"
    answer = _post(browser, origin, "/my-account/login", {"email": email})
    if answer.status_code != 302:
        raise NotSold(f"{origin} has no account {email}.")


def _give(browser: requests.Session, origin: str, gift: Gift) -> None:
    chosen = "round_up" if gift.rounds_up else str(gift.minor)
    answer = _post(browser, origin, "/cart/gift", {"gift": chosen})
    if answer.status_code != 302:
        raise NotSold(f"{origin} refused the gift: HTTP {answer.status_code}.")


def _check_out(browser: requests.Session, origin: str, *, email: str | None, payment: str) -> str:
    _get(browser, origin, "/checkout/")
    form = {"payment": payment, "address": "22 Madeup Road, Sampletown"}
    if email:
        form |= {"email": email, "first_name": "Gina", "last_name": "Guest"}
    answer = _post(browser, origin, "/checkout/", form)
    placed = _RECEIVED.search(urlsplit(answer.headers.get("Location", "")).path)
    if answer.status_code != 302 or placed is None:
        raise NotSold(f"{origin} did not take the order: HTTP {answer.status_code}.")
    _get(browser, origin, answer.headers["Location"])
    return placed[1]


def _get(browser: requests.Session, origin: str, path: str) -> str:
    answer = browser.get(urljoin(origin, path), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.text


def _post(
    browser: requests.Session, origin: str, path: str, form: Mapping[str, str]
) -> requests.Response:
    return browser.post(
        urljoin(origin, path), data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False
    )
