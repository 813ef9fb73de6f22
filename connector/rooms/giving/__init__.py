"""Giving: causes, programmes and what they give, in the same book, to the cent; and remittance.

Hears OrderChanged, OrderConfirmed, PointsDonated, TierChanged, MembersMerged, MembersUnmerged,
MemberErased. Publishes DonationPledged, DonationDue, MemberGave, CampaignReached,
BatchMoved.
Invariants: what stands in ``pledged`` and ``cause`` for an order equals its donation lines less
what was refunded of them, and what programmes add to it under their caps; what a cause is sent
equals the lines of its batches; a donation earns no points; currencies are never converted.
"""
