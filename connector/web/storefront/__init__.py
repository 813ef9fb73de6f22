"""The storefront's JSON: what shoppers' browsers ask and do, and nothing that is not theirs.

WooCommerce: straight from the browser, a signed five-minute token says who asks. Shopify: through
the app proxy, whose signature says so. Only what is public is kept by anybody.

``me`` is put together from each room's PARTS; each room's ACTS are what a shopper can do there.
"""

from connector.web.storefront.doors import blueprint

__all__ = ["blueprint"]
