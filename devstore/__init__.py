"""A practice shop, a WooCommerce store and a Shopify store as far as the wire goes.

Nothing here imports the service; it is the other end of the wire. ``model`` says what a shop has,
``shop`` what can happen to it, ``face`` what a platform adds (its wire, its webhooks, its tokens),
``storefront`` what a shopper sees. Each face has its own ids and history, from the same seed.
"""
