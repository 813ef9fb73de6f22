"""Rewards: what points buy, from the wish to the order that uses it, and back.

Hears OrderChanged, GiftGiven, GiftWithdrawn and GiftRestored (with a reward), TierChanged,
MembersMerged, MembersUnmerged, MemberErased. Publishes PointsChanged, CodeIssued,
CodeEnded, RewardRedeemed, PointsDonated, GiftGiven (days on a tier).
Invariants: what a member's open redemptions hold is what the book holds of the member; points are
held, then spent or back, once; a code that can be used has its points held or spent; a code is
unique in its shop and known before the store hears of it; ``taken`` and ``spent_minor`` of a
reward are the redemptions that count and their cost.
"""
