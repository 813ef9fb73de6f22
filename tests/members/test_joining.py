"""Who joins, what is news of them, and which guests they turn out to be."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.core.commerce import Customer, CustomerMerge, Person
from connector.core.facts import MemberChanged, MemberJoined, MembersMerged
from connector.members import store
from connector.members.models import member_merge
from tests.world import MIA, NOOR, NOW, acme, goods, order

MIA_BERG = Person("Mia@Customers.example", "Mia Berg", "en")
AS_GUEST = Person("mia@customers.example ", "Mia B.")
DAY = timedelta(days=1)


@pytest.fixture
def world(database):
    return acme(database)


def facts_of(world, *snapshots, at=NOW, source="fetch"):
    world.facts.clear()
    world.tell(*snapshots, at=at, source=source)
    return [
        one for one in world.facts if isinstance(one, MemberJoined | MemberChanged | MembersMerged)
    ]


def row(world, key=MIA):
    member_id = world.member(key)
    with world.database.read() as db:
        return store.get(db, world.shop.id, member_id)


def guest_order(key="1", total=1000):
    return order(key, goods("a", total), customer_key=None, person=AS_GUEST)


def news(key=MIA, person=MIA_BERG, *, minute=0, **values):
    return Customer(key, person, NOW + timedelta(minutes=minute), **values)


def test_an_account_joins_once_when_it_is_first_seen(world):
    first = facts_of(world, order("1", goods("a", 500)), news())
    assert first == [MemberJoined(world.shop.id, world.member(MIA))]
    assert facts_of(world, order("2", goods("a", 500)), news(minute=1)) == []
    assert row(world).joined_at == NOW


def test_who_was_there_before_us_does_not_join(world):
    before = world.shop.installed_at - DAY
    assert facts_of(world, order("1", goods("a", 500)), source="import") == []
    assert facts_of(world, news("3", created_at=before)) == []
    old = before - 40 * DAY
    assert facts_of(world, order("2", goods("a", 1), customer_key="4", placed_at=old)) == []
    assert [row(world, key).joined_at for key in (MIA, "3", "4")] == [None] * 3
    assert len(facts_of(world, news("5", created_at=NOW))) == 1


def test_a_guest_joins_nothing(world):
    assert facts_of(world, guest_order()) == []


def test_somebody_erased_in_the_same_breath_has_not_joined(world):
    with world.database.write() as db:
        world.members.record(db, world.shop.id, [news()], NOW)
        world.members.record(db, world.shop.id, [Customer(MIA, deleted=True)], NOW)
        assert world.members.newcomers(db, world.shop.id) == []


def test_news_of_consent_tags_and_proof_are_told_once(world):
    facts_of(world, news())
    told = news(minute=1, tags=("vip", "b2b"), accepts_marketing=True, email_verified=True)
    changed = [MemberChanged(world.shop.id, world.member(MIA))]
    became = ("accepts_marketing", "email_verified")
    assert facts_of(world, told) == [MemberChanged(world.shop.id, world.member(MIA), became)]
    assert facts_of(world, told) == []
    assert facts_of(world, news(minute=2)) == [], "what is not told stays"
    found = row(world)
    assert (found.tags, found.accepts_marketing, found.email_verified) == (
        ["b2b", "vip"],
        True,
        True,
    )
    assert facts_of(world, news(minute=3, tags=())) == changed
    assert facts_of(world, news(minute=2, tags=("late",))) == []
    assert row(world).tags == []


def test_what_is_learnt_of_an_old_customer_did_not_happen_now(world):
    facts_of(world, news(accepts_marketing=True, email_verified=False), source="import")
    assert row(world).joined_at is None
    (changed,) = facts_of(world, news(minute=1, email_verified=True))
    assert changed.became == ("email_verified",), "this did"
    (changed,) = facts_of(world, news(minute=2, accepts_marketing=False))
    assert changed.became == ()
    (changed,) = facts_of(world, news(minute=3, accepts_marketing=True))
    assert changed.became == ("accepts_marketing",)


def test_another_mailbox_is_not_verified_by_the_old_one(world):
    facts_of(world, news(email_verified=True))
    facts_of(world, news(person=Person("new@customers.example"), minute=1))
    assert row(world).email_verified is None


def test_news_without_a_person_change_no_person(world):
    facts_of(world, news())
    facts_of(world, Customer(MIA, Person(), NOW + DAY, accepts_marketing=True))
    with world.database.read() as db:
        assert world.members.person(db, world.shop.id, world.member(MIA)) == MIA_BERG
        assert world.members.by_email(db, world.shop.id, "mia@customers.example")


def test_who_it_is_may_come_after_newer_news_that_do_not_say(world):
    facts_of(world, Customer(MIA, Person(), NOW + DAY, tags=("staff",)))
    assert row(world).modified_at is None
    facts_of(world, news())
    assert (row(world).tags, row(world).modified_at) == (["staff"], NOW)
    with world.database.read() as db:
        assert world.members.person(db, world.shop.id, world.member(MIA)) == MIA_BERG
    assert facts_of(world, Customer(MIA, Person(), NOW - DAY, tags=())) == []
    assert row(world).tags == ["staff"]


@pytest.mark.parametrize(("verified", "claims"), [(True, True), (None, True), (False, False)])
def test_an_account_claims_its_guest_when_the_mailbox_is_proven(world, verified, claims):
    world.tell(guest_order())
    facts_of(world, news(email_verified=verified))
    assert world.balance(MIA).pending == (10 if claims else 0)
    assert any(isinstance(one, MembersMerged) for one in world.facts) is claims
    assert world.audit() == []
    if claims:
        with world.database.read() as db:
            assert [one.cause for one in db.execute(select(member_merge))] == ["claim"]


def test_an_account_claims_as_soon_as_it_is_verified(world):
    world.tell(guest_order(), news(email_verified=False))
    assert world.balance(MIA).pending == 0
    world.tell(news(minute=1, email_verified=True))
    assert world.balance(MIA).pending == 10
    world.tell(guest_order("2", 700))
    assert world.balance(MIA).pending == 17, "a later guest order follows at once"
    assert world.audit() == []


def test_an_address_typed_at_an_order_proves_nothing(world):
    world.tell(guest_order(), order("2", goods("a", 500), person=MIA_BERG))
    assert world.balance(MIA).pending == 5


def test_another_mailbox_claims_again(world):
    world.tell(guest_order(), news(person=Person("other@customers.example"), email_verified=True))
    assert world.balance(MIA).pending == 0
    world.tell(news(minute=1, email_verified=True))
    assert world.balance(MIA).pending == 10


@pytest.mark.parametrize(("days", "claims"), [(179, True), (181, False)])
def test_guest_orders_are_claimable_for_half_a_year(world, days, claims):
    world.tell(guest_order())
    world.tell(news(email_verified=True), at=NOW + days * DAY)
    assert world.balance(MIA).pending == (10 if claims else 0)


def test_the_guest_of_another_mailbox_stays(world):
    other = order("1", goods("a", 900), customer_key=None, person=Person("noor@x.example"))
    world.tell(other, news(email_verified=True))
    assert world.balance(MIA).pending == 0


def test_one_of_two_accounts_claims(world):
    world.tell(guest_order(), news(), news(NOOR, email_verified=True))
    assert (world.balance(MIA).pending, world.balance(NOOR).pending) == (0, 10)


def test_a_merge_told_again_after_a_claim_is_nothing(world):
    world.tell(guest_order(), news(email_verified=True))
    world.tell(guest_order(), news(email_verified=True, minute=1), CustomerMerge(NOOR, "x"))
    assert world.balance(MIA).pending == 10
    assert world.audit() == []
