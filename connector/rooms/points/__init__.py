"""Points for spending: what an order should have earned by now, and nothing else.

Hears OrderChanged, OrderConfirmed, MembersMerged, MemberErased. Publishes nothing.
Invariants: what is posted for an order equals ``earning.target`` of its newest state under its
frozen basis; a wholly refunded or undone order has earned 0; donations earn nothing.
"""
