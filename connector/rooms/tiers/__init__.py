"""Levels a member reaches and keeps, a discount that grows with custom, and free VIP days.

Hears OrderChanged, PointsChanged, PointsDonated, MemberJoined, MembersMerged, MembersUnmerged,
MemberErased, GiftGiven (days on a level), GiftWithdrawn and GiftRestored. Publishes TierChanged,
GiftGiven (entry gifts) and GiftWithdrawn.
Invariants: what is kept of a member's measure is what the book and the order book say (I22);
nobody stands below the level they have earned; nobody falls more than one level at a time, and
never without notice; an entry gift is given once for each reaching; VIP days end by themselves.
"""
