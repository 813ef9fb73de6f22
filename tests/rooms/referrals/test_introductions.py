"""Who introduced whom: once, by the first paid order, judged by its newest state."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from connector.core.commerce import CodeUse, OrderState, Person
from connector.core.errors import Conflict
from connector.core.facts import CodeIssued
from connector.core.outbox import outbox as table
from connector.rooms.referrals import service, store
from tests.rooms.referrals.meeting import (
    FRIEND_REWARD,
    HOLD,
    Meeting,
    account,
    first_order,
    noted,
)
from tests.world import MIA, NOOR, NOW, acme, donation, goods, order, refund, took

LATER = NOW + HOLD


def test_an_order_by_the_link_pays_both_at_the_end_of_the_hold(meeting: Meeting):
    meeting.tell(account(MIA), noted(meeting))
    assert meeting.state() == ("waiting", None)
    assert meeting.row().via == "note"
    assert meeting.row().due_at == NOW - timedelta(hours=1) + HOLD
    assert meeting.gifts() == set()
    meeting.look(LATER)
    mia, noor = meeting.world.member(MIA), meeting.world.member(NOOR)
    assert meeting.state() == ("kept", None)
    assert meeting.gifts() == {(mia, 500, None), (noor, 0, FRIEND_REWARD)}
    assert meeting.kept == [meeting.row().id]
    meeting.look(LATER)
    meeting.tell(noted(meeting, minute=1), at=LATER)
    assert len(meeting.sources) == 2


def test_a_claim_gives_the_friend_a_code_before_the_order(meeting: Meeting):
    token = meeting.claim()
    ((source, gift),) = meeting.has.items()
    assert (gift.reward_id, gift.points) == (FRIEND_REWARD, 0)
    meeting.publish(CodeIssued(meeting.shop_id, gift.member_id, "FR-7K", source))
    with meeting.world.database.read() as db:
        told = service.promised(db, meeting.shop_id, token, NOW - timedelta(hours=23.5))
    assert (told.state, told.code) == ("ready", "FR-7K")
    guest = Person("Noor@mail.example")
    meeting.tell(first_order(customer_key=None, person=guest))
    assert meeting.row().via == "claim"
    assert meeting.row().friend_id == gift.member_id
    meeting.look(LATER)
    assert meeting.gifts() == {
        (meeting.world.member(MIA), 500, None),
        (gift.member_id, 0, FRIEND_REWARD),
    }
    assert len(meeting.sources) == 2


def test_an_account_with_the_claims_e_mail_is_the_friend(meeting: Meeting):
    meeting.claim()
    meeting.tell(account(NOOR, "noor@mail.example"), first_order())
    assert meeting.row().via == "claim"
    assert meeting.row().friend_id == meeting.world.member(NOOR)


def test_the_code_used_says_who_sent_whom_whoever_pays(meeting: Meeting):
    meeting.claim("other@mail.example")
    ((source, gift),) = meeting.has.items()
    meeting.publish(CodeIssued(meeting.shop_id, gift.member_id, "FR-7K", source))
    meeting.tell(first_order(codes=(CodeUse("fr-7k", 500),)))
    assert (meeting.row().via, meeting.row().friend_id) == ("code", meeting.world.member(NOOR))
    meeting.tell(first_order("2", customer_key=None, person=Person("other@mail.example")))
    assert len(meeting.rows()) == 1, "one claim brings one friend"


def test_a_code_comes_before_a_note_and_a_note_before_a_claim(meeting: Meeting):
    zoe = meeting.link("1003")
    meeting.claim()
    meeting.tell(first_order(referral=zoe.upper()))
    assert (meeting.row().via, meeting.row().code) == ("note", zoe)


def test_a_claim_lasts_as_long_as_the_program_says_and_comes_first(meeting: Meeting):
    meeting.claim(at=NOW - timedelta(days=29))
    meeting.tell(first_order(paid_at=NOW, placed_at=NOW + timedelta(days=2)))
    assert meeting.rows() == []
    meeting.claim("zoe@mail.example", at=NOW)
    meeting.tell(first_order("2", customer_key=None, person=Person("zoe@mail.example")))
    assert meeting.rows() == [], "claimed after the order"


def test_nobody_introduces_themselves(meeting: Meeting):
    meeting.tell(account(MIA, "mia@mail.example"), noted(meeting, customer_key=MIA))
    meeting.tell(
        noted(meeting, key="2", customer_key=None, person=Person("mia@mail.example")),
    )
    assert meeting.rows() == []
    assert meeting.sources == set()


def test_who_bought_before_is_nobodys_friend(meeting: Meeting):
    meeting.tell(first_order("0"))
    meeting.tell(noted(meeting))
    meeting.claim()
    assert meeting.rows() == []
    assert meeting.sources == set()


def test_an_earlier_order_that_comes_late_takes_it_back(meeting: Meeting):
    meeting.tell(noted(meeting))
    meeting.look(LATER)
    assert len(meeting.has) == 2
    early = NOW - timedelta(days=3)
    meeting.tell(first_order("0", placed_at=early, paid_at=early), at=LATER)
    assert meeting.state() == ("void", "prior_buyer")
    assert meeting.has == {}


def test_an_earlier_order_by_another_link_moves_it(meeting: Meeting):
    zoe = meeting.link("1003")
    meeting.tell(noted(meeting))
    meeting.look(LATER)
    early = NOW - timedelta(days=3)
    meeting.tell(first_order("0", placed_at=early, paid_at=early, referral=zoe), at=LATER)
    assert meeting.row().code == zoe
    assert meeting.state() == ("kept", None)
    assert (meeting.world.member("1003"), 500, None) in meeting.gifts()
    assert (meeting.world.member(MIA), 500, None) not in meeting.gifts()


def test_not_both_by_each_other(meeting: Meeting):
    meeting.tell(noted(meeting))
    meeting.tell(first_order("2", customer_key=MIA, referral=meeting.link(NOOR)))
    assert [(one.state, one.why) for one in meeting.rows()] == [
        ("waiting", None),
        ("void", "mutual"),
    ]


def test_a_friend_is_introduced_once_ever(meeting: Meeting):
    meeting.tell(noted(meeting))
    meeting.tell(first_order("2", referral=meeting.link("1003"), minute=5))
    assert meeting.row().advocate_id == meeting.world.member(MIA)


CUP = goods("1", 5000)
HALF, LESS = (refund("r", took(CUP, 0, minor)) for minor in (2500, 2499))


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"refunds": (LESS,)}, ("kept", None)),
        ({"refunds": (HALF,)}, ("void", "refunded")),
        ({"refunds": (LESS, refund("r2", other_minor=1))}, ("void", "refunded")),
        ({"state": OrderState.CANCELLED}, ("void", "cancelled")),
        ({"state": OrderState.REFUNDED}, ("void", "refunded")),
        ({"state": OrderState.DELETED}, ("void", "cancelled")),
        ({"state": OrderState.OPEN}, ("waiting", None)),
    ],
)
def test_the_order_decides_in_whatever_sequence_it_is_told(meeting: Meeting, changed, state):
    """Before and after the hold, once or twice, in any sequence: the end is the same."""
    for sequence in permutations(("paid", "changed", "look")):
        there = Meeting(acme(meeting.world.database))
        there.program()
        told = {"paid": noted(there), "changed": noted(there, minute=9, **changed)}
        at = NOW
        for step in (*sequence, *sequence):
            if step == "look":
                at = LATER
                there.look(at)
            else:
                there.tell(told[step], at=at)
        there.look(LATER)
        assert there.state() == state, sequence
        assert len(there.has) == (2 if state[0] == "kept" else 0), sequence


CUPS, TAXED = goods("1", 3600, 2), goods("1", 2999, 2, tax_minor=600)
GIFT = donation("2", 2000)


@pytest.mark.parametrize(
    ("lines", "shipping", "refunds", "state"),
    [
        ((CUPS,), 500, (refund("r", took(CUPS, 1)),), "void"),
        ((CUPS,), 500, (refund("r", took(CUPS, 0, 1799), amount_minor=2299),), "kept"),
        ((CUPS, GIFT), 500, (refund("r", took(CUPS, 1)), refund("s", other_minor=1200)), "void"),
        ((CUPS, GIFT), 500, (refund("r", took(GIFT, 1)),), "kept"),
        ((TAXED,), 0, (refund("r", other_minor=1799),), "kept"),
        ((TAXED,), 0, (refund("r", other_minor=1800),), "void"),
    ],
)
def test_half_the_goods_count_without_shipping_and_gifts(
    meeting: Meeting, lines, shipping, refunds, state
):
    total = sum(one.total_minor + one.tax_minor for one in lines) + shipping
    told = {"lines": lines, "shipping_minor": shipping, "total_minor": total}
    meeting.tell(noted(meeting, **told))
    meeting.look(LATER)
    meeting.tell(noted(meeting, minute=9, refunds=refunds, **told), at=LATER)
    assert meeting.state()[0] == state
    assert len(meeting.has) == (2 if state == "kept" else 0)


def test_a_claims_reward_goes_with_the_order_and_comes_back_with_it(meeting: Meeting):
    meeting.claim()
    meeting.tell(account(NOOR, "noor@mail.example"), first_order())
    meeting.look(LATER)
    assert len(meeting.has) == 2
    meeting.tell(first_order(minute=1, state=OrderState.CANCELLED), at=LATER)
    assert meeting.has == {}
    meeting.tell(first_order(minute=2), at=LATER)
    assert meeting.state() == ("kept", None)
    assert {one.reward_id for one in meeting.has.values()} == {None, FRIEND_REWARD}
    assert len(meeting.has) == 2


def test_small_orders_and_other_currencies_do_not_count(meeting: Meeting):
    meeting.program(min_minor=5000)
    at = NOW + timedelta(minutes=1)
    later: dict[str, Any] = {"placed_at": at, "paid_at": at}
    meeting.tell(noted(meeting, minor=4999, **later))
    assert meeting.state() == ("void", "below_minimum")
    meeting.tell(noted(meeting, minor=5000, minute=90, **later))
    assert meeting.state() == ("waiting", None)
    meeting.tell(noted(meeting, minor=5000, minute=91, currency="EUR", **later))
    assert meeting.state() == ("void", "other_currency")


def test_what_was_promised_counts_also_when_the_program_ends(meeting: Meeting):
    meeting.claim()
    meeting.program(is_on=False)
    meeting.tell(account(NOOR, "noor@mail.example"), first_order())
    meeting.look(LATER)
    assert meeting.state() == ("kept", None)
    late = NOW + timedelta(hours=1)
    meeting.tell(
        first_order(
            "2",
            customer_key="1004",
            person=Person(),
            referral=meeting.link(),
            placed_at=late,
            paid_at=late,
        )
    )
    assert len(meeting.rows()) == 1


def test_points_leave_only_for_an_order_that_was_seen_in_the_shop(meeting: Meeting):
    meeting.tell(noted(meeting), source="hook")
    meeting.look(LATER)
    assert meeting.state() == ("waiting", "unconfirmed")
    assert meeting.row().due_at is None, "nothing is asked again and again"
    assert fetches(meeting) == [], "a read in bulk sees it before a hold ends"
    meeting.tell(noted(meeting), at=LATER)
    assert meeting.state() == ("kept", None)


def fetches(meeting: Meeting) -> list[str]:
    with meeting.world.database.read() as db:
        return list(db.scalars(select(table.c.key).where(table.c.kind == "fetch")))


def test_without_a_hold_the_order_is_read_at_once(meeting: Meeting):
    meeting.program(hold_days=0)
    meeting.tell(noted(meeting, placed_at=NOW, paid_at=NOW), source="hook")
    meeting.look()
    assert meeting.state() == ("waiting", "unconfirmed")
    assert fetches(meeting) == ["fetch:order:1"]
    meeting.tell(noted(meeting, placed_at=NOW, paid_at=NOW))
    assert meeting.state() == ("kept", None)


def test_a_cap_takes_nothing_from_the_friend(meeting: Meeting):
    meeting.program(cap_per_month=1)
    at = NOW + timedelta(minutes=1)
    for key in ("11", "12"):
        meeting.tell(
            noted(meeting, key, customer_key=f"20{key}", person=Person(), placed_at=at, paid_at=at)
        )
    meeting.look(LATER + timedelta(hours=2))
    assert [(one.state, one.is_capped) for one in meeting.rows()] == [
        ("kept", False),
        ("kept", True),
    ]
    assert sorted(one.points for one in meeting.has.values()) == [0, 0, 500]


def test_an_erased_advocate_introduces_nobody(meeting: Meeting):
    meeting.tell(account(MIA, "mia@mail.example"), noted(meeting))
    mia = meeting.world.member(MIA)
    with meeting.world.database.write() as db:
        facts = meeting.world.members.erase(db, meeting.shop_id, mia, NOW)
    meeting.publish(*facts)
    assert meeting.state() == ("void", "advocate_gone")
    meeting.look(LATER)
    assert meeting.has == {}
    with meeting.world.database.read() as db:
        assert store.codes_of(db, meeting.shop_id, mia) == []


def test_a_link_is_made_once_and_survives_a_race(meeting: Meeting):
    first = meeting.link()
    assert meeting.link() == first
    assert len(first) == 8
    assert not set(first) & set("01ilo")
    with meeting.world.database.read() as db:
        assert service.link_of(db, meeting.shop_id, meeting.world.member(NOOR)) is None


def test_without_a_program_nothing_is_open(meeting: Meeting):
    code = meeting.link()
    meeting.program(is_on=False)
    with pytest.raises(Exception, match="code_not_found"):
        meeting.claim(code=code)


def test_historic_orders_introduce_nobody(meeting: Meeting):
    long_ago = NOW - timedelta(days=90)
    meeting.tell(noted(meeting, placed_at=long_ago, paid_at=long_ago))
    assert meeting.rows() == []


def test_a_decision_needs_something_to_decide(meeting: Meeting):
    meeting.tell(noted(meeting))
    meeting.look(LATER)
    with (
        meeting.world.database.write() as db,
        pytest.raises(Conflict, match="referral_decided"),
    ):
        service.decide(
            db,
            meeting.shop_id,
            meeting.row().id,
            approve=False,
            reason="late",
            made_by="staff:1",
            now=LATER,
        )


def test_an_order_of_nobody_is_passed_over(meeting: Meeting):
    meeting.tell(order("1", goods("1", 100), customer_key=None, referral=meeting.link()))
    assert meeting.rows() == []
