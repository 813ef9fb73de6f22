"""Referrals: what is given, whether introductions stay, and the merchant's word on held ones."""

from datetime import timedelta

import pytest

from connector.core import clock
from connector.core.commerce import Person
from connector.members import signs
from connector.rooms.referrals import introductions, people, rules, service, store
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from connector.web.admin.referrals import steps
from tests.rooms.referrals.meeting import Meeting, account, first_order
from tests.web.admin.conftest import Ada, words_of
from tests.world import KEYS, MIA, NOOR, NOW, World

FORM = {
    "is_on": "on",
    "friend_points": "100",
    "friend_reward_id": "",
    "advocate_points": "500",
    "advocate_reward_id": "",
    "min_minor": "20",
    "hold_days": "14",
    "window_days": "30",
    "cap_per_month": "",
    "held_from": "50",
}


@pytest.fixture
def meeting(world: World) -> Meeting:
    made = Meeting(world)
    made.program()
    return made


@pytest.fixture
def held(meeting: Meeting) -> Meeting:
    for key in (MIA, NOOR):
        with_sign = meeting.world.member(key)
        with meeting.world.database.write() as db:
            told = {"phone": "+49 170 1234567"}
            signs.note_signs(db, KEYS, meeting.shop_id, with_sign, told, NOW)
    meeting.tell(account(MIA, "mia@b.example", name="Mia"))
    meeting.tell(account(NOOR, "n@b.example", name="Noor"))
    meeting.tell(first_order(referral=meeting.link(), person=Person("n@b.example", "Noor")))
    assert meeting.state() == ("held", None)
    return meeting


def test_a_program_is_published_and_shown(ada: Ada, world: World):
    assert "Figures appear with the first visit" in words_of(ada.see("referrals"))
    assert ada.send("referrals", "referrals", **FORM).location.endswith("said=referrals")
    with world.database.read() as db:
        known = service.program(db, world.shop.id)
    assert known == rules.Program(
        1, "USD", is_on=True, friend_points=100, advocate_points=500, min_minor=2000
    )
    page = words_of(ada.see("referrals"))
    assert "Give 100 points, get 500 points." in page
    again = ada.send("referrals", "referrals", **FORM)
    assert again.location.endswith("said=unchanged")


def test_claims_that_were_given_nothing_are_counted_by_why(ada: Ada, meeting: Meeting):
    assert "Claims that were given nothing" not in words_of(ada.see("referrals"))
    now = clock.now()
    meeting.tell(account("1003", "old@mail.example"), first_order("9", customer_key="1003"))
    for _ in range(2):
        meeting.claim("old@mail.example", at=now)
    page = words_of(ada.see("referrals"))
    assert "Claims that were given nothing" in page
    assert "The friend had bought here before. 2" in page
    assert "old@mail.example" not in page


def test_a_reward_of_the_shop_is_chosen_by_name(ada: Ada, world: World):
    with world.database.write() as db:
        offer = Offer(Kind.AMOUNT, {"en": "Ten off"}, "USD", value_minor=1000)
        reward_id = catalogue.publish(db, world.shop.id, offer, NOW).id
    assert "Ten off" in ada.see("referrals")
    ada.send("referrals", "referrals", **FORM | {"friend_reward_id": str(reward_id)})
    with world.database.read() as db:
        assert service.program(db, world.shop.id).friend_reward_id == reward_id
    refused = ada.send("referrals", "referrals", **FORM | {"friend_reward_id": "12"})
    assert refused.status_code == 422
    assert 'id="friend_reward_id-wrong"' in refused.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("friend_points", "-1"),
        ("advocate_points", "1.5"),
        ("min_minor", "x"),
        ("hold_days", "366"),
        ("window_days", "0"),
        ("cap_per_month", "0"),
        ("held_from", "9999"),
    ],
)
def test_a_bad_value_is_named_beside_its_field(ada: Ada, field, value):
    refused = ada.send("referrals", "referrals", **FORM | {field: value})
    assert refused.status_code == 422
    assert f'id="{field}-wrong"' in refused.text
    assert f'value="{value}"' in refused.text


def test_the_funnel_counts_visits_orders_and_kept(ada: Ada, meeting: Meeting):
    code = meeting.link()
    with meeting.world.database.write() as db:
        for n in range(4):
            service.visit(db, KEYS, meeting.world.shop, code, f"192.0.2.{n}", NOW)
    early = NOW - timedelta(days=20)
    meeting.tell(first_order(referral=code, placed_at=early, paid_at=early))
    page = words_of(ada.see("referrals"))
    assert "Visits by a link 4" in page
    assert "First orders 1 25.0% of the step before" in page
    assert "Conversion: kept of all visits 25.0%" in page
    assert "K: kept for each active advocate 1.00" in page


def test_a_held_one_is_shown_with_its_reasons_and_approved(ada: Ada, held: Meeting):
    page = words_of(ada.see("referrals"))
    assert "Mia introduced Noor" in page
    assert "the same phone number +50" in page
    assert "Together 50; held from 50 on." in page
    row = held.row()
    sent = ada.send(f"referrals/{row.id}/decision", "referrals", approve="yes", reason="")
    assert sent.location.endswith("said=introduced")
    with held.world.database.write() as db:
        people.carry_out(db, held.world.members, KEYS, held.shop_id, NOW, 10)
    assert held.state() == ("waiting", None)
    assert "Nothing waits for you." in words_of(ada.see("referrals"))


def test_a_refusal_needs_a_reason_and_shows_it(ada: Ada, held: Meeting):
    row = held.row()
    where = f"referrals/{row.id}/decision"
    sent = ada.send(where, "referrals", refuse="yes", reason=" ")
    assert sent.status_code == 422
    assert f'id="reason-{row.id}-wrong"' in sent.text
    ada.send(where, "referrals", refuse="yes", reason="<b>One person</b>")
    page = ada.ask("referrals").text
    assert "&lt;b&gt;One person&lt;/b&gt;" in page
    assert held.state() == ("refused", None)
    assert ada.send(where, "referrals", refuse="yes", reason="again").status_code == 422


def test_another_shops_introduction_cannot_be_decided(ada: Ada):
    sent = ada.send("referrals/12/decision", "referrals", refuse="yes", reason="no")
    assert sent.status_code == 404


def test_the_page_speaks_every_language(ada: Ada, held: Meeting):
    assert held.rows()
    assert "محجوزة لك" in ada.see("referrals", lang="ar")
    assert "等您審核" in ada.see("referrals", lang="zh-Hant")


def test_the_list_is_paged(ada: Ada, meeting: Meeting):
    code = meeting.link()
    for n in range(26):
        meeting.tell(first_order(str(n), customer_key=f"90{n}", person=Person(), referral=code))
    assert "Older introductions" in ada.see("referrals")
    with meeting.world.database.read() as db:
        rows = store.page(db, meeting.shop_id, (), None, 25)
    older = words_of(ada.see("referrals", before=str(rows[-1].id)))
    assert "Older introductions" not in older


def test_orders_that_introduce_nobody_leave_a_trace(ada: Ada, meeting: Meeting):
    meeting.tell(account(MIA, "mia@b.example", name="Mia"))
    meeting.tell(first_order("1", customer_key=MIA, referral=meeting.link()))
    meeting.tell(first_order("2", person=Person("noor@mail.example", "Noor")))
    meeting.tell(first_order("3", referral=meeting.link()))
    zoe = Person("zoe@mail.example", "Zoe")
    meeting.tell(first_order("4", customer_key="1003", person=zoe, referral=meeting.link()))
    with meeting.world.database.read() as db:
        shop_id = meeting.shop_id
        found = introductions.barred(db, shop_id, 90, NOW, 100)
        bounded = introductions.barred(db, shop_id, 90, NOW, 1)
    assert sorted(one.why for one in found) == ["prior_buyer", "self"]
    assert len(bounded) <= 1
    page = words_of(ada.see("referrals"))
    assert "Orders by a link that introduce nobody 2" in page
    assert "does not count The friend had bought here before." in page
    assert "does not count Advocate and friend are the same person." in page


def test_no_step_is_more_than_all_of_the_one_before():
    told = service.Numbers(
        visits=2, shares=0, claims=0, orders=3, waiting=0, held=0, kept=3, advocates=1
    )
    assert [one.of_previous for one in steps(told)] == [None, None, 1.0]
    assert told.conversion is None
