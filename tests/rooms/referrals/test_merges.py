"""When two members become one: what becomes of who introduced whom."""

from datetime import timedelta

from connector.core.commerce import CustomerMerge, Person
from connector.core.facts import MembersUnmerged
from connector.members import store as store_of_members
from connector.rooms.referrals import store
from tests.rooms.referrals.meeting import HOLD, Meeting, account, first_order, noted
from tests.world import MIA, NOOR, NOW, goods, order

LATER = NOW + HOLD


def test_merging_friend_and_advocate_ends_it(meeting: Meeting):
    meeting.tell(account(MIA), noted(meeting))
    meeting.look(LATER)
    assert len(meeting.has) == 2
    meeting.tell(CustomerMerge(MIA, NOOR), at=LATER)
    assert meeting.state() == ("void", "self")
    assert meeting.has == {}
    meeting.tell(noted(meeting, minute=5), at=LATER)
    assert meeting.state() == ("void", "self")


def test_a_merge_with_somebody_who_bought_before_ends_it(meeting: Meeting):
    early = NOW - timedelta(days=3)
    meeting.tell(order("0", goods("1", 100), customer_key="1009", placed_at=early, paid_at=early))
    meeting.tell(noted(meeting))
    meeting.tell(CustomerMerge(NOOR, "1009"))
    assert meeting.state() == ("void", "prior_buyer")


def test_a_merge_keeps_the_earlier_of_two_introductions(meeting: Meeting):
    early = NOW - timedelta(days=3)
    meeting.tell(noted(meeting))
    meeting.tell(
        noted(meeting, "0", customer_key="1009", person=Person(), placed_at=early, paid_at=early)
    )
    meeting.tell(CustomerMerge(NOOR, "1009"))
    assert [(one.state, one.why) for one in meeting.rows()] == [
        ("void", "duplicate"),
        ("waiting", None),
    ]


def test_links_follow_a_merged_advocate(meeting: Meeting):
    old = meeting.link("1003")
    meeting.link(MIA)
    meeting.tell(account(MIA), account("1003"))
    meeting.tell(CustomerMerge(MIA, "1003"))
    meeting.tell(first_order(referral=old))
    assert meeting.row().advocate_id == meeting.world.member(MIA)
    with meeting.world.database.read() as db:
        assert len(store.codes_of(db, meeting.shop_id, meeting.world.member(MIA))) == 2


def test_an_undone_merge_gives_links_and_friends_back(meeting: Meeting):
    mia, zoe = meeting.world.member(MIA), meeting.world.member("1003")
    meeting.tell(account(MIA), account("1003"))
    meeting.tell(first_order(referral=meeting.link("1003")))
    meeting.link(MIA)
    meeting.tell(CustomerMerge(MIA, "1003"))
    assert meeting.row().advocate_id == mia
    with meeting.world.database.write() as db:
        store_of_members.change(db, meeting.shop_id, zoe, state="member", merged_into=None)
    meeting.publish(MembersUnmerged(meeting.shop_id, mia, zoe))
    assert meeting.row().advocate_id == zoe
    assert meeting.link(MIA) != meeting.link("1003")
