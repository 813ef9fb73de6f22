"""What members do beside buying: joining, verifying, reading the newsletter, days, visits, events.

Hears MemberJoined, MemberChanged, MembersMerged, MembersUnmerged, MemberErased. Publishes
GiftGiven, GiftWithdrawn and GiftRestored: it books nothing itself.
Invariants: a rule gives once for each member and key; what it gives stays within its caps (I27),
also when two become one; who is blocked, excluded by a tag, or erased earns nothing.
"""
