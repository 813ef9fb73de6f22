"""The mirror: what a store keeps of us for themes and Flow, a copy and never the book.

Hears PointsChanged, TierChanged, CodeIssued, CodeEnded, RewardRedeemed, MembersMerged,
MembersUnmerged and MemberErased. It only notes who has to be told anew; what is told is read
when it is told, of many members in one call. Beside members a store keeps what shoppers are asked
to give, for carts without scripts; whoever changes that notes it.
"""

from connector.mirror.store import ASKED, KIND, begin, note_all, note_asked, switch_tags

__all__ = ["ASKED", "KIND", "begin", "note_all", "note_asked", "switch_tags"]
