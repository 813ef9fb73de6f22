"""Giving: donations in orders, logged to their cause in the same book, to the cent.

Hears OrderChanged, OrderConfirmed, PointsDonated, MembersMerged. Publishes nothing.
Invariants: what stands in ``pledged`` and ``cause`` for an order equals its donation lines less
what was refunded of them; a donation earns no points; currencies are never converted.
"""
