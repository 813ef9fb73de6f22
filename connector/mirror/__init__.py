"""The mirror: what a store keeps of its members for themes and Flow, a copy and never the book.

Hears PointsChanged, TierChanged, CodeIssued, CodeEnded, RewardRedeemed, MembersMerged,
MembersUnmerged and MemberErased. It only notes who has to be told anew; what is told is read
when it is told, of many members in one call.
"""

from connector.mirror.store import KIND, begin, note_all, switch_tags

__all__ = ["KIND", "begin", "note_all", "switch_tags"]
