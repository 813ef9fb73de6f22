"""The practice world on disk: one directory, one shop a platform, first filled from the seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from devstore.shop import Shop, utc_now

SHOPIFY_DOMAIN = "acme.myshopify.com"


class State:
    """Both shops. ``origins`` are where their pages answer; ``service`` is who may pair."""

    def __init__(
        self,
        directory: Path,
        origins: dict[str, str] | None = None,
        service: str = "http://127.0.0.1:8400",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.origins = {
            "woocommerce": "http://127.0.0.1:8401",
            "shopify": "http://127.0.0.1:8402",
        } | (origins or {})
        self.service = service
        self.shops = {name: Shop(name, directory / f"{name}.db", now) for name in self.origins}

    def close(self) -> None:
        for shop in self.shops.values():
            shop.shelf.close()
