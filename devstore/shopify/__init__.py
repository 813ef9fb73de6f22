"""The Shopify face of the practice shop.

``registration`` is what the platform knows of the app, ``tokens`` and ``install`` how it gets in,
``graph`` what it may ask, ``bulk`` what it may ask for at once, ``webhooks`` what it is told,
``proxy`` how its widgets are reached through the shop, ``control`` the hand behind the curtain.
``reading`` computes from the model; ``orders``, ``refunds``, ``lines``, ``catalogue`` and
``payloads`` print the bodies.
"""
