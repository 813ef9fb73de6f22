"""Referrals: a member invites a friend, and both have a reward once the friend's order has stood.

Hears OrderChanged, OrderConfirmed, CodeIssued, MembersMerged, MembersUnmerged,
MemberErased. Publishes GiftGiven, GiftWithdrawn, ReferralKept.
Invariants: advocate and friend are two people; a friend is introduced once in a shop, by the first
order they pay; not both A by B and B by A; nothing stands for an order that is undone or half
refunded; what looks like one person in two is held for the merchant, and refused by nobody else.
"""
