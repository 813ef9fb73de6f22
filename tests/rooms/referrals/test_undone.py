"""An introduction of who turned out to be one, and turned out to be two after all."""

import pytest

from connector import orders
from connector.core.facts import MembersUnmerged, publish
from connector.members import merging
from connector.rooms.referrals import handlers
from tests.rooms.referrals.meeting import FRIEND_REWARD, HOLD, Meeting, account, first_order
from tests.world import MIA, NOOR, NOW

LATER = NOW + HOLD


@pytest.mark.parametrize("gone", [MIA, NOOR])
@pytest.mark.parametrize("at_once", [True, False])
def test_both_have_again_what_the_merge_took(meeting: Meeting, gone: str, at_once: bool):
    meeting.tell(account(MIA), first_order(referral=meeting.link()))
    meeting.look(LATER)
    mia, noor = meeting.world.member(MIA), meeting.world.member(NOOR)
    had = {(mia, 500, None), (noor, 0, FRIEND_REWARD)}
    assert meeting.gifts() == had
    lost, kept = (mia, noor) if gone == MIA else (noor, mia)
    heard = {
        **meeting.heard,
        MembersUnmerged: (orders.on_members_unmerged, handlers.on_members_unmerged),
    }
    with meeting.world.database.write() as db:
        told = merging.by_hand(db, meeting.shop_id, kept, lost, LATER, "staff:1")
        if not at_once:
            publish(db, heard, told, LATER)
            assert meeting.gifts() == set()
            told = []
        told += meeting.world.members.unmerge(db, meeting.shop_id, lost, LATER, "staff:1")
        publish(db, heard, told, LATER)
    meeting.look(LATER)
    assert meeting.gifts() == had
    assert meeting.state() == ("kept", None)
