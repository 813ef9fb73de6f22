"""Whose accounts a file's keys are: a key of another store is somebody else here."""

from io import BytesIO

import pytest
from sqlalchemy import select

from connector import ledger
from connector.core import clock
from connector.core.commerce import Customer, Person
from connector.core.errors import BadInput
from connector.core.facts import publish
from connector.members import exchange, lines, occasions
from connector.members.models import member
from connector.members.sheets import Layout
from connector.orders import claiming
from connector.rooms.points import service as points
from connector.rooms.tiers import programs
from connector.rooms.tiers import service as tiers
from connector.web import takeout
from connector.worker import exchange as worker
from tests.rooms.tiers.club import SPENDING

THEIRS = "7310562591801"  # a Shopify account's
HEAD = "customer_id,email,points\n"


@pytest.fixture
def shop(service):
    return service.install("woocommerce", "https://shop.example")


def tell(service, shop, key, email, **known):
    """The platform tells of an account."""
    now = clock.now()
    with service.database.write() as db:
        news = [Customer(key, Person(email), now, **known)]
        facts = service.runtime.members.record(db, shop.id, news, now)
        facts += claiming.claim(db, shop.id, now)
        publish(db, service.runtime.subscriptions, facts, now)


def go(service, shop, job):
    while True:
        with service.database.read() as db:
            found = exchange.get(db, shop.id, job)
        if found.due_at is None:
            return found
        worker.go_through(service.runtime, shop.id, found)


def bring(service, shop, text, keys="known"):
    """(what the check came to, what taking it did, the lines refused)."""
    file = BytesIO(text if isinstance(text, bytes) else text.encode())
    job = exchange.keep(
        service.database,
        service.runtime.keys,
        shop.id,
        file,
        "members.csv",
        Layout(keys=keys),
        made_by="staff:1",
        now=clock.now(),
    )
    checked = go(service, shop, job).report
    wrong = refused(service, shop, job)
    with service.database.write() as db:
        exchange.take(db, shop.id, job, clock.now())
    taken = go(service, shop, job).report
    assert refused(service, shop, job) == wrong, "the check said so before"
    with service.database.read() as db:
        assert list(ledger.differences(db, shop.id)) == []
    return checked, taken, wrong


def refused(service, shop, job):
    with service.database.read() as db:
        return [(one.line, one.code) for one in lines.problems(db, shop.id, job, 0, 100)]


def keys_of(service, shop):
    with service.database.read() as db:
        found = select(member.c.customer_key).where(member.c.shop_id == shop.id)
        return set(db.scalars(found))


def available(service, shop, key):
    with service.database.read() as db:
        found = service.runtime.members.by_customer_key(db, shop.id, key)
        return points.balance(db, shop.id, found).available


def test_a_key_and_an_email_of_two_people_are_refused(service, shop):
    tell(service, shop, "304", "wo1@eyes.example")
    tell(service, shop, "305", "wo2@eyes.example")
    text = HEAD + (
        "305,stranger@other.example,5000\n305,wo1@eyes.example,50\n304,WO1@eyes.example,7\n"
    )
    wrong = [(2, "identity_mismatch"), (3, "identity_mismatch")]
    for keys in ("known", "own"):
        checked, _, said = bring(service, shop, text, keys)
        assert (said, checked["points_refused"]) == (wrong, 5050)
    assert (available(service, shop, "305"), available(service, shop, "304")) == (0, 7)
    assert bring(service, shop, f"{HEAD}9,wo1@eyes.example,5\n", "own")[2] == [
        (2, "identity_mismatch")
    ]


def test_a_key_nobody_has_here_is_no_account(service, shop):
    _, taken, wrong = bring(service, shop, f"{HEAD}{THEIRS},mia@x.example,300\n77,,4\n")
    assert (wrong, taken["created"], keys_of(service, shop)) == ([], 2, {None, "77"})
    tell(service, shop, "12", "mia@x.example", email_verified=True)
    assert available(service, shop, "12") == 300


def test_a_merchant_says_whose_accounts_they_are(service, shop):
    tell(service, shop, "305", "wo2@eyes.example")
    text = f"{HEAD}305,mia@x.example,300\n306,,4\n"
    _, taken, wrong = bring(service, shop, text, "other")
    assert (wrong, taken["points_refused"]) == ([(3, "other_shop")], 4)
    assert available(service, shop, "305") == 0
    tell(service, shop, "12", "mia@x.example", email_verified=True)
    assert available(service, shop, "12") == 300
    bring(service, shop, f"{HEAD}400,noor@x.example,8\n", "own")
    assert available(service, shop, "400") == 8
    with pytest.raises(BadInput, match="keys_of"):
        bring(service, shop, HEAD, "mine")


def test_what_one_shop_takes_out_reaches_who_registers_at_another(service):
    old = service.install("shopify", "old.myshopify.com")
    new = service.install("woocommerce", "https://new.example")
    for shop in (old, new):
        with service.database.write() as db:
            programs.save_draft(db, shop.id, SPENDING, "staff:1", clock.now())
            programs.publish(db, shop.id, clock.now(), has_standing=False)
    tell(service, old, THEIRS, "mia@x.example")
    head = "customer_id,email,points,birthday,tier\n"
    bring(service, old, f"{head}{THEIRS},mia@x.example,500,05-01,Bloom\n99,,3,,\n")
    out = b"".join(takeout.stream(service.runtime, old, "members", "csv"))
    assert old.public_id.encode() in out
    for keys in ("own", "known"):  # the file says whose they are
        _, taken, wrong = bring(service, new, out, keys)
        assert (wrong, taken["points_refused"]) == ([(3, "other_shop")], 3)
    assert keys_of(service, new) == {None}
    tell(service, new, "12", "mia@x.example", email_verified=True)
    assert available(service, new, "12") == 500
    with service.database.read() as db:
        mia = service.runtime.members.by_customer_key(db, new.id, "12")
        (day,) = occasions.of_member(db, new.id, mia)
        assert (day.name, day.month_day) == ("birthday", "05-01")
        progress = tiers.progress(db, new.id, mia, clock.now())
        assert progress is not None
        level = progress.program.numbered(progress.earned)
        assert level is not None
        assert level.name("en") == "Bloom"
    assert bring(service, old, out)[1]["points_booked"] == 0, "and at home it is as it was"
