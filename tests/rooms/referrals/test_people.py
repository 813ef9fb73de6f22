"""What looks like one person in two waits for the merchant; a claim tells nobody who is known."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from connector.core.commerce import CodeUse, Person
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.facts import CodeIssued
from connector.core.ids import new_id
from connector.members import signs
from connector.rooms.referrals import service
from connector.rooms.referrals.models import referral_claim
from connector.rooms.referrals.service import Claimant
from tests.rooms.referrals.meeting import HOLD, Meeting, account, first_order
from tests.world import KEYS, MIA, NOOR, NOW

LATER = NOW + HOLD


def noted(meeting: Meeting, key: str = "1", **values: Any):
    return first_order(key, referral=meeting.link(), **values)


def sign(meeting: Meeting, key: str, **told: str) -> None:
    member_id = meeting.world.member(key)
    with meeting.world.database.write() as db:
        signs.note_signs(db, KEYS, meeting.shop_id, member_id, told, NOW)


def decide(meeting: Meeting, *, approve: bool, reason: str = "I know both", at=NOW) -> None:
    with meeting.world.database.write() as db:
        service.decide(
            db,
            meeting.shop_id,
            meeting.row().id,
            approve=approve,
            reason=reason,
            made_by="staff:1",
            now=at,
        )
    meeting.look(at)


@pytest.mark.parametrize(
    ("shared", "reasons", "state"),
    [
        ({}, [], "waiting"),
        ({"network": "192.0.2.1"}, ["same_network"], "waiting"),
        ({"address": "Main St. 5"}, ["same_address"], "waiting"),
        ({"phone": "+49 170 1234567"}, ["same_phone"], "held"),
        (
            {"address": "Main St. 5", "network": "192.0.2.1"},
            ["same_address", "same_network"],
            "held",
        ),
        ({"device": "d1", "network": "192.0.2.1"}, ["same_device", "same_network"], "held"),
    ],
)
def test_a_household_is_held_and_never_refused(meeting: Meeting, shared, reasons, state):
    for key in (MIA, NOOR):
        sign(meeting, key, **shared)
    meeting.tell(noted(meeting))
    assert meeting.row().reasons == reasons
    meeting.look(LATER)
    assert meeting.row().state == ("kept" if state == "waiting" else state)
    assert bool(meeting.has) is (state == "waiting")


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        (
            Person("mia.b@gmail.com"),
            Person("MiaB+friend@googlemail.com"),
            ["mailbox_alias"],
        ),
        (Person("mia.berger@a.example"), Person("mia.berger2@b.example"), ["mailbox_similar"]),
        (Person("m@a.example", "Mia  Berger"), Person("n@b.example", "mia berger"), ["same_name"]),
        (Person("mia@a.example"), Person("mai@b.example"), []),
    ],
)
def test_mailboxes_and_names_are_compared(meeting: Meeting, one, other, reasons):
    meeting.tell(account(MIA, one.email, name=one.name), account(NOOR, other.email))
    for key, person in ((MIA, one), (NOOR, other)):
        sign(meeting, key, mailbox=person.email or "")
    meeting.tell(account(NOOR, other.email, name=other.name))
    meeting.tell(noted(meeting, person=other))
    found = set(meeting.row().reasons)
    assert set(reasons) <= found
    assert bool(found) is bool(reasons)


def test_an_approved_one_is_paid_at_its_time(meeting: Meeting):
    for key in (MIA, NOOR):
        sign(meeting, key, phone="+49 170 1234567")
    meeting.tell(noted(meeting))
    assert meeting.state() == ("held", None)
    decide(meeting, approve=True, reason="")
    assert meeting.state() == ("waiting", None)
    for approve in (True, False):
        with pytest.raises(Conflict, match="referral_decided"):
            decide(meeting, approve=approve)
    meeting.look(LATER)
    assert meeting.state() == ("kept", None)
    assert len(meeting.has) == 2
    with pytest.raises(Conflict, match="referral_decided"):
        decide(meeting, approve=True)


def test_a_refused_one_says_why_and_can_be_taken_back(meeting: Meeting):
    for key in (MIA, NOOR):
        sign(meeting, key, phone="+49 170 1234567")
    meeting.tell(noted(meeting))
    with pytest.raises(BadInput, match="reason_length"):
        decide(meeting, approve=False, reason=" ")
    decide(meeting, approve=False, reason="The same person")
    assert meeting.state() == ("refused", None)
    assert meeting.row().decided_because == "The same person"
    meeting.look(LATER)
    assert meeting.has == {}
    decide(meeting, approve=True, at=LATER)
    assert meeting.state() == ("kept", None)


def test_signs_that_come_late_are_seen_before_it_is_paid(meeting: Meeting):
    meeting.tell(noted(meeting))
    assert meeting.state() == ("waiting", None)
    for key in (MIA, NOOR):
        sign(meeting, key, phone="+49 170 1234567")
    meeting.look(LATER)
    assert meeting.state() == ("held", None)


def test_a_phone_of_somebody_who_bought_before_counts(meeting: Meeting):
    early = NOW - timedelta(days=5)
    times: dict[str, Any] = {"placed_at": early, "paid_at": early}
    meeting.tell(first_order("0", customer_key="1009", person=Person(), **times))
    for key in ("1009", NOOR):
        sign(meeting, key, phone="+49 170 1234567")
    meeting.tell(noted(meeting))
    assert meeting.row().reasons == ["prior_buyer"]
    assert meeting.state() == ("held", None)


def test_an_order_paid_with_the_advocates_reward_is_held(meeting: Meeting):
    mia = meeting.world.member(MIA)
    meeting.publish(CodeIssued(meeting.shop_id, mia, "MIAS-10"))
    meeting.tell(noted(meeting, codes=(CodeUse("mias-10", 1000),)))
    assert meeting.row().reasons == ["self_pay"]
    assert meeting.state() == ("held", None)


def test_many_claims_from_one_network_are_held(meeting: Meeting):
    code = meeting.link()
    for n in range(10):
        meeting.claim(f"friend{n}@mail.example", code=code, network=f"192.0.2.{9 if n else 1}")
    meeting.claim("noor@mail.example", code=code, network="192.0.2.9")
    meeting.tell(account(NOOR, "noor@mail.example"), first_order())
    assert meeting.row().reasons == ["link_velocity"]
    meeting.claim("zoe@mail.example", code=code, network="192.0.2.9")
    meeting.tell(account("1004", "zoe@mail.example"))
    meeting.tell(first_order("2", customer_key="1004", person=Person()))
    assert meeting.rows()[-1].reasons == ["link_velocity", "network_velocity"]


# ----------------------------------------------------------------------------------------- claims


def promised(meeting: Meeting, token: str, seconds: float = 60) -> service.Promise:
    with meeting.world.database.read() as db:
        at = NOW + timedelta(seconds=seconds)
        return service.promised(db, meeting.shop_id, token, at)


def issue(meeting: Meeting, code: str = "FR-7K") -> None:
    ((source, gift),) = meeting.has.items()
    meeting.publish(CodeIssued(meeting.shop_id, gift.member_id, code, source))


def test_a_claim_answers_alike_whoever_it_is(meeting: Meeting):
    meeting.tell(first_order("0"))
    known = meeting.claim("noor@mail.example", at=NOW)
    new = meeting.claim("zoe@mail.example", at=NOW)
    assert len(known) == len(new)
    assert promised(meeting, known, 1).state == promised(meeting, new, 1).state == "waiting"
    assert promised(meeting, known).state == promised(meeting, new).state == "waiting"
    issue(meeting)
    assert promised(meeting, new).code == "FR-7K"
    told = promised(meeting, known)
    assert (told.state, told.code) == ("ready", "FR-DECOY")
    assert promised(meeting, known, 4000).state == promised(meeting, new, 4000).state == "none"


def test_a_second_claim_shows_the_same_code(meeting: Meeting):
    meeting.claim(at=NOW)
    issue(meeting)
    again = meeting.claim("NOOR@mail.example", code=meeting.link("1003"), at=NOW)
    assert promised(meeting, again).code == "FR-7K"
    assert len(meeting.sources) == 1
    meeting.tell(account(NOOR, "noor@mail.example"), first_order(placed_at=NOW, paid_at=NOW))
    assert meeting.row().advocate_id == meeting.world.member(MIA), "the first one counts"


def test_an_advocates_own_e_mail_gets_nothing_and_is_told_nothing(meeting: Meeting):
    meeting.tell(account(MIA, "mia@mail.example"))
    token = meeting.claim("mia@mail.example", at=NOW)
    assert promised(meeting, token).code == "FR-DECOY"
    assert meeting.sources == set()


def test_a_claim_that_is_given_nothing_leaves_its_reason_and_nobodys_name(meeting: Meeting):
    meeting.tell(account(MIA, "mia@mail.example"))
    meeting.tell(account("1003", "old@mail.example"), first_order("9", customer_key="1003"))
    for email in ("mia@mail.example", "OLD@mail.example", "old@mail.example"):
        meeting.claim(email, at=NOW)
    meeting.claim("noor@mail.example", at=NOW)
    meeting.claim("noor@mail.example", at=NOW)
    meeting.program(is_on=True)
    with meeting.world.database.read() as db:
        told = service.numbers(db, meeting.world.shop, 30, NOW)
        rows = db.execute(referral_claim.select()).all()
    assert told.refused == {"self": 1, "prior_buyer": 2, "duplicate": 1}
    assert {row.friend_id for row in rows if row.refused in ("self", "prior_buyer")} == {None}
    assert {row.sealed for row in rows} == {None}


def test_a_program_without_a_reward_has_no_code(meeting: Meeting):
    meeting.program(friend_reward_id=None, friend_points=100)
    token = meeting.claim(at=NOW)
    assert promised(meeting, token).state == "none"
    meeting.tell(
        account(NOOR, "noor@mail.example"), first_order(placed_at=NOW, paid_at=NOW, minute=90)
    )
    meeting.look(LATER + timedelta(days=1))
    noor = meeting.world.member(NOOR)
    assert (noor, 100, None) in meeting.gifts()


def test_nothing_of_the_person_stays_with_a_claim(meeting: Meeting):
    meeting.claim(at=NOW, device="d1")
    with meeting.world.database.read() as db:
        (row,) = db.execute(referral_claim.select()).all()
    assert row.sealed is None
    assert row.network_hash is not None
    meeting.look(NOW + timedelta(days=30))
    with meeting.world.database.read() as db:
        (row,) = db.execute(referral_claim.select()).all()
    assert row.network_hash is None


@pytest.mark.parametrize(
    "email", ["", "a", "a@", "@b", "a@b@c", "a b@c.example", "a@b\r\nBcc:c", "x" * 251 + "@b.c"]
)
def test_bad_e_mails_are_refused(meeting: Meeting, email):
    with pytest.raises(BadInput, match="invalid_email"):
        meeting.claim(email)


def test_own_links_and_unknown_ones_are_refused(meeting: Meeting):
    code, shop = meeting.link(), meeting.world.shop
    who, mia = Claimant("a@b.example", "", ""), meeting.world.member(MIA)
    claim = partial(service.claim, decoy="")
    with meeting.world.database.write() as db:
        with pytest.raises(Conflict, match="self_referral"):
            claim(db, KEYS, shop, code, who, NOW, member_id=mia)
        for bad in ("../../x", "", "zzzzzzzz", code.upper()):
            with pytest.raises(NotFound, match="code_not_found"):
                claim(db, KEYS, shop, bad, who, NOW)
        with pytest.raises(NotFound, match="claim_not_found"):
            service.promised(db, shop.id, "0" * 64, NOW)


def test_visits_count_once_a_day_for_a_network_and_never_ones_own(meeting: Meeting):
    code, shop, mia = meeting.link(), meeting.world.shop, meeting.world.member(MIA)
    tomorrow = NOW + timedelta(days=1)
    with meeting.world.database.write() as db:
        seen = [
            service.visit(db, KEYS, shop, code, network, at, member_id=member_id)
            for network, at, member_id in (
                ("192.0.2.1", NOW, None),
                ("192.0.2.1", NOW, None),
                ("192.0.2.2", NOW, None),
                ("192.0.2.3", NOW, mia),
                ("192.0.2.1", tomorrow, None),
            )
        ]
        service.share(db, shop, mia, NOW)
        assert [one.is_new for one in seen] == [True, False, True, False, True]
        assert [one.is_own for one in seen] == [False, False, False, True, False]
        told = service.numbers(db, shop, 30, NOW)
        assert (told.visits, told.shares, told.advocates) == (2, 1, 1)
        assert service.numbers(db, shop, 1, tomorrow).visits == 1


def test_who_visited_is_forgotten_after_a_day(meeting: Meeting):
    code, shop = meeting.link(), meeting.world.shop
    with meeting.world.database.write() as db:
        service.visit(db, KEYS, shop, code, "192.0.2.1", NOW)
        assert service.shops_due(db, NOW) == []
        assert service.shops_due(db, NOW + timedelta(days=1)) == [shop.id]
    meeting.look(NOW + timedelta(days=1))
    with meeting.world.database.read() as db:
        assert service.shops_due(db, NOW + timedelta(days=1)) == []


def test_numbers_are_those_of_definition_21(meeting: Meeting):
    code = meeting.link()
    meeting.link("1003")
    for n in range(4):
        with meeting.world.database.write() as db:
            service.visit(db, KEYS, meeting.world.shop, code, f"192.0.2.{n}", NOW)
    meeting.claim(at=NOW - timedelta(days=1))
    meeting.tell(account(NOOR, "noor@mail.example"), first_order())
    meeting.tell(noted(meeting, "2", customer_key="1004", person=Person()))
    for key in (MIA, "1004"):
        sign(meeting, key, phone="+49 170 1234567")
    meeting.look(LATER)
    with meeting.world.database.read() as db:
        told = service.numbers(db, meeting.world.shop, 30, LATER)
    assert (told.visits, told.claims, told.orders, told.kept, told.held) == (4, 1, 2, 1, 1)
    assert (told.conversion, told.k) == (0.25, 1.0)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"friend_points": -1}, "referral_points"),
        ({"advocate_points": 10**9}, "referral_points"),
        ({"min_minor": -1}, "referral_minimum"),
        ({"hold_days": 366}, "hold_range"),
        ({"window_days": 0}, "window_range"),
        ({"cap_per_month": 0}, "cap_range"),
        ({"held_from": 0}, "score_range"),
        ({"advocate_points": 0, "friend_reward_id": None}, "referral_empty"),
    ],
)
def test_a_program_that_cannot_be_is_refused(meeting: Meeting, values, code):
    with pytest.raises(BadInput, match=code):
        meeting.program(**values)


def test_shops_are_apart(meeting: Meeting):
    meeting.link()
    mia = meeting.world.member(MIA)
    with meeting.world.database.read() as db:
        with pytest.raises(NotFound):
            service.get(db, meeting.shop_id, new_id())
        assert service.link_of(db, meeting.shop_id + 1, mia) is None
