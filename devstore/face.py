"""What a platform adds to the shop: its wire, its webhooks, its way to prove a shopper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from markupsafe import Markup

from devstore.model import Change, Order, Product


@dataclass(frozen=True, slots=True)
class Mount:
    """How the widgets reach the service from this face's pages: the loader's data attributes.

    base: where the storefront JSON lives; None while no service is paired (no widgets then).
    token_url: where a shopper's proof comes from; "" where the platform signs by itself.
    service: the origin that serves the widgets' scripts; "" is ``state.service``.
    """

    base: str | None
    token_url: str
    service: str = ""


class Face(Protocol):
    """One platform over one shop: ``WooFace(state)``, ``ShopifyFace(state)``.

    They live in ``devstore/woocommerce/face.py`` and ``devstore/shopify/face.py``; the shop is
    ``state.shops[name]``, its address ``state.origins[name]``, the service ``state.service``.
    A face adds itself to nothing: ``devstore.app`` registers it, appends ``heard`` to the shop's
    listeners and ticks it. What it must remember it keeps in ``shop.shelf`` (put, take, all,
    discard), in buckets named after it, e.g. "woo webhooks".
    """

    name: str

    @property
    def api_prefixes(self) -> tuple[str, ...]:
        """Paths on which the switches "fail" and "slow_seconds" act."""
        ...

    def register(self, app: Flask) -> None:
        """Add the platform's own routes to the app that also serves the pages."""
        ...

    def mount(self) -> Mount: ...

    def block(self, name: str, language: str, product: Product | None = None, /) -> Markup | None:
        """One of the app's blocks as themes here show it; None where pages name the elements."""
        ...

    def extension(self, name: str, order: Order | None = None, /) -> str | None:
        """Where one of the app's extensions runs, for a frame of the page; None: it has none."""
        ...

    def product_key(self, product: Product) -> str:
        """The key the service knows this product by: what the widgets' ``product`` says."""
        ...

    def order_name(self, order: Order) -> str:
        """What a shopper calls the order: "1021" there, "#1021" here."""
        ...

    def heard(self, change: Change) -> None:
        """Queue webhooks for a change; runs after its commit, on the thread that made it."""
        ...

    def tick(self, *, everything: bool = False) -> int:
        """Deliver what is due (all that waits, if ``everything``); how many were sent.

        Called by the background thread about twice a second and by the control endpoint.
        """
        ...
