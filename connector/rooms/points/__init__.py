"""Points: what orders should have earned by now, gifts, and what members have.

Hears OrderChanged, OrderConfirmed, GiftGiven, GiftWithdrawn, GiftRestored, TierChanged,
MembersMerged, MembersUnmerged, MemberErased. Publishes PointsChanged, and GiftGiven and
GiftWithdrawn for rules of orders that give a reward.
Invariants: what is posted for an order equals ``earning.target`` of its newest state under its
frozen basis; a wholly refunded or undone order has earned 0; donation lines earn nothing; what a
capped rule gave is never more than its caps (I27); a gift's source is heard once.
"""
