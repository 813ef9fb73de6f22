"""Members move house: tiers by name, the columns of known programs, and what came out goes in."""

from io import BytesIO

import pytest

from connector import ledger
from connector.core import clock
from connector.core.commerce import Customer, Person
from connector.core.facts import publish
from connector.members import exchange, lines, occasions
from connector.members.sheets import PRESETS, Layout
from connector.orders import claiming
from connector.rooms.points import service as points
from connector.rooms.tiers import programs
from connector.rooms.tiers import service as tiers
from connector.web import takeout
from connector.worker import exchange as worker
from tests.rooms.tiers.club import SPENDING

OWN = Layout(keys="own")
HEAD = "customer_id,email,name,points,birthday,tier\n"
FILE = HEAD + (
    "1,mia@x.example,=Mia,500,05-01,Bloom\n"
    ",noor@x.example,Noor,70,,  sprout \n"
    "3,zoe@x.example,Zoe,9,02-29,\n"
)
JOY = """Email,Name,Membership Type,Points,Birthday,Created Date
mia@x.example,Mia,Bloom,500,05/13,2024-01-02
"""


@pytest.fixture
def install(service):
    """A shop with levels."""

    def made(origin="https://shop.example"):
        shop = service.install("woocommerce", origin)
        with service.database.write() as db:
            programs.save_draft(db, shop.id, SPENDING, "staff:1", clock.now())
            programs.publish(db, shop.id, clock.now(), has_standing=False)
        return shop

    return made


def go(service, shop, job):
    while True:
        with service.database.read() as db:
            found = exchange.get(db, shop.id, job)
        if found.due_at is None:
            return found
        worker.go_through(service.runtime, shop.id, found)


def check(service, shop, text, layout=OWN):
    file = text if isinstance(text, bytes) else text.encode()
    job = exchange.keep(
        service.database,
        service.runtime.keys,
        shop.id,
        BytesIO(file),
        "members.csv",
        layout,
        made_by="staff:1",
        now=clock.now(),
    )
    return go(service, shop, job)


def bring(service, shop, text, layout=OWN):
    job = check(service, shop, text, layout).id
    with service.database.write() as db:
        exchange.take(db, shop.id, job, clock.now())
    return go(service, shop, job).report


def level(service, shop, email):
    with service.database.read() as db:
        member_id = service.runtime.members.by_email(db, shop.id, email)
        found = tiers.progress(db, shop.id, member_id, clock.now())
        assert found is not None
        one = found.program.numbered(found.earned)
        return one and one.name("en")


def of_everybody(service, shop):
    with service.database.read() as db:
        pieces = takeout.stream(service.runtime, shop, "members", "csv")
        header, *rows = b"".join(pieces).decode("utf-8-sig").splitlines()
        assert list(ledger.differences(db, shop.id)) == []
    kept = ("customer_key", "email", "name", "available", "birthday", "tier")
    at = [header.split(",").index(one) for one in kept]
    return sorted([row.split(",")[n] for n in at] for row in rows)


def test_members_are_put_on_the_tier_they_had(service, install):
    shop = install()
    report = bring(service, shop, FILE)
    assert (report["tiers"], report["refused"], report["points_booked"]) == (2, 0, 579)
    told = [level(service, shop, f"{one}@x.example") for one in ("mia", "zoe")]
    assert told == ["Bloom", None]
    with service.database.read() as db:
        mia = service.runtime.members.by_customer_key(db, shop.id, "1")
        assert points.balance(db, shop.id, mia).available == 500  # and no gift for the level
    bring(service, shop, FILE)
    assert level(service, shop, "mia@x.example") == "Bloom"


def test_the_tier_of_a_mailbox_waits_for_the_account(service, install):
    shop = install()
    bring(service, shop, FILE)
    person = Person("noor@x.example", "Noor")
    runtime, now = service.runtime, clock.now()
    with service.database.write() as db:
        news = [Customer("2", person, now, email_verified=True)]
        facts = runtime.members.record(db, shop.id, news, now)
        facts += claiming.claim(db, shop.id, now)
        publish(db, runtime.subscriptions, facts, now)
    assert level(service, shop, "noor@x.example") == "Sprout"


def test_a_tier_nobody_knows_is_named_by_its_line_before_anything_happens(service, install):
    shop = install()
    found = check(service, shop, FILE.replace("sprout", "Platinum"))
    with service.database.read() as db:
        wrong = lines.problems(db, shop.id, found.id, 0, 10)
        assert [(one.line, one.field, one.code) for one in wrong] == [(3, "tier", "tier_unknown")]
    assert (found.report["tiers"], found.report["points_refused"]) == (1, 70)
    bare = service.install("woocommerce", "https://bare.example")
    assert check(service, bare, FILE).report["refused"] == 2  # no program, no tiers


def test_the_file_of_a_known_program_is_read_by_its_columns(service, install):
    shop = install()
    report = bring(service, shop, JOY, PRESETS["Joy Loyalty"])
    assert (report["points_booked"], report["tiers"], report["birthdays"]) == (500, 1, 1)
    with service.database.write() as db:
        assert lines.layout(db, shop.id, "Joy Loyalty").place == "Joy Loyalty"
        own = Layout({"email": "Mail"})
        lines.save_layout(db, shop.id, "Joy Loyalty", own, clock.now())
        assert lines.layout(db, shop.id, "Joy Loyalty") == own
        mia = service.runtime.members.by_email(db, shop.id, "mia@x.example")
        assert occasions.of_member(db, shop.id, mia)[0].month_day == "05-13"


def test_what_one_shop_took_out_makes_the_same_members_in_an_empty_one(service, install):
    old, new = install(), install("https://new.example")
    bring(service, old, FILE)
    taken = b"".join(takeout.stream(service.runtime, old, "members", "csv"))
    report = bring(service, new, taken)
    assert (report["created"], report["refused"], report["points_booked"]) == (3, 0, 579)
    told = of_everybody(service, new)
    assert [row[1:] for row in told] == sorted(row[1:] for row in of_everybody(service, old))
    assert told == [
        ["", "mia@x.example", "'=Mia", "500", "05-01", "Bloom"],
        ["", "noor@x.example", "Noor", "70", "", "Sprout"],
        ["", "zoe@x.example", "Zoe", "9", "02-29", ""],
    ]
