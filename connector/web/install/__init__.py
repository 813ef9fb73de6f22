"""Doors by which a shop comes in: one intent, one shop, one browser, ten minutes."""

from connector.web.install import shopify, woocommerce
from connector.web.install.steps import blueprint

__all__ = ["blueprint", "shopify", "woocommerce"]
