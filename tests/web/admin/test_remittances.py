"""The merchant's way from a cause's papers to its receipt, at a browser without a script."""

import io
from datetime import timedelta

import pytest

from connector.core.commerce import Customer, OrderState, Person
from connector.rooms.giving import remitting, service
from connector.rooms.giving.remitting import proofs
from connector.rooms.giving.rules import AddOn
from tests.rooms.giving.offers import papered, publish
from tests.web.admin.conftest import Ada, words_of
from tests.web.papers.reading import said
from tests.world import MIA, NOW, World, donation, goods, order

DAY = "2026-11-22"


def test_papers_are_kept_in_every_language_and_what_lacks_is_told(ada: Ada, world: World):
    where = f"giving/causes/{world.riverbank.id}"
    assert "Payee: whom the money is sent to missing" in words_of(ada.see(where))
    told = {
        "name": "Riverbank",
        "name-ar": "ضفة النهر",
        "payee": "Riverbank e.V.",
        "country": "de",
    }
    assert ada.send(where, where, **told, is_offered="on").status_code == 303
    with world.database.read() as db:
        found = service.cause(db, world.shop.id, world.riverbank.id)
    assert (found.payee, found.country, found.names) == (
        "Riverbank e.V.",
        "DE",
        {"ar": "ضفة النهر"},
    )
    refused = ada.send(where, where, **(told | {"picture_url": "http://x"}))
    assert refused.status_code == 422
    assert "Riverbank e.V." in refused.text
    again = ada.send(f"{where}/closed", where)
    assert "Make another cause the default first." in words_of(
        ada.see(where, refused=again.location.partition("=")[2])
    )


def test_a_batch_is_locked_approved_sent_proved_and_receipted(ada: Ada, world: World):
    world.tell(order("1", donation("d", 250)))
    where = "giving/remittances"
    assert "Say whom the money is sent to" in words_of(ada.see(where))
    papered(world)
    lock = {"cause_id": str(world.riverbank.id), "currency": "USD"}
    none = ada.send(where, where, **lock)
    assert "Nothing is due up to this day." in words_of(none.text)
    made = ada.send(where, where, **lock, through=DAY)
    assert made.location.endswith("said=locked")
    one = f"{where}/{made.location.split('/')[-1].split('?')[0]}"
    assert "Acme owes Riverbank e.V. $2.50" in words_of(ada.see(one))
    ada.send(f"{one}/approve", one)
    assert ada.send(f"{one}/approve", one).status_code == 422
    assert ada.send(f"{one}/send", one, reference="", sent_on=DAY).status_code == 422
    ada.send(f"{one}/send", one, reference="RF18", sent_on=DAY)
    svg = (io.BytesIO(b"<svg>"), "a.svg")
    assert ada.send(f"{one}/proofs", one, proof=svg).status_code == 422
    ada.send(f"{one}/proofs", one, proof=(io.BytesIO(b"%PDF-1.7"), "slip.pdf"))
    ada.send(f"{one}/receipt", one, receipt="2026/77")
    page = words_of(ada.see(one))
    assert "Acme sent Riverbank e.V. $2.50" in page
    assert "slip.pdf" in page
    assert "Receipt 2026/77" in page
    with world.database.read() as db:
        (batch,) = remitting.batches(db, world.shop.id)
        (kept,) = proofs.of_batch(db, world.shop.id, batch.id)
    file = ada.ask(f"{one}/proofs/{kept.id}")
    assert (file.data, file.mimetype) == (b"%PDF-1.7", "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert b"2.50" in ada.ask(f"{one}/statement.csv").data
    assert "receipted" in words_of(ada.see(where))
    assert world.audit() == []


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_the_pdf_says_what_the_page_says(ada: Ada, world: World, language: str):
    cause = papered(world)
    told = {
        "name": "جمعية Riverbank",
        "payee": "河岸 e.V. 🌍",
        "country": "de",
        "registration": "VR 7",
    }
    ada.send(f"giving/causes/{cause.id}", f"giving/causes/{cause.id}", **told, is_offered="on")
    publish(world, AddOn(amounts_minor=(250,)), cause)
    world.tell(order("1", donation("d", 250)), order("2", donation("d", 123456)))
    where = "giving/remittances"
    lock = {"cause_id": str(cause.id), "currency": "USD", "through": DAY}
    made = ada.send(where, where, **lock)
    one = f"{where}/{made.location.split('/')[-1].split('?')[0]}"
    ada.send(f"{one}/approve", one)
    ada.send(f"{one}/send", one, reference="RF18 5390", sent_on=DAY)
    ada.send(f"{one}/receipt", one, receipt="2026/77")
    page = ada.see(one, lang=language)
    assert f"{one.rpartition('/')[2]}/statement.pdf" in page
    card = page[page.index('<dl class="facts">') : page.index("</section>")]
    answer = ada.ask(f"{one}/statement.pdf", lang=language)
    assert answer.mimetype == "application/pdf"
    assert ada.ask(f"{one}/statement.pdf", lang=language).data == answer.data
    paper = " ".join(said(answer.data)).replace("□", "🌍")
    lead = page[page.index("<h1>") : page.index("</p>")]
    lost = [word for word in words_of(lead + card).split() if word not in paper]
    assert lost == []
    assert ada.ask(f"{where}/7/statement.pdf").status_code == 404


def test_a_batch_is_taken_apart_before_it_is_approved(ada: Ada, world: World):
    papered(world)
    world.tell(order("1", donation("d", 250)))
    where = "giving/remittances"
    lock = {"cause_id": str(world.riverbank.id), "currency": "USD", "through": DAY}
    made = ada.send(where, where, **lock)
    one = f"{where}/{made.location.split('/')[-1].split('?')[0]}"
    assert ada.send(f"{one}/unlock", one).location.endswith("said=unlocked")
    assert "No batch yet." in words_of(ada.see(where))
    assert ada.ask(one).status_code == 404


def test_the_log_is_searched_and_taken_out(ada: Ada, world: World):
    world.tell(order("71", donation("d", 250)), order("72", donation("d", 300)))
    page = words_of(ada.see("giving", q="#71"))
    assert "$2.50 due" in page
    assert "$3.00 due Riverbank" not in page
    assert b"3.00" not in ada.ask("giving/log.csv", q="71").data
    assert b"3.00" in ada.ask("giving/log.csv").data


def test_the_log_is_narrowed_by_cause_member_state_kind_and_days(ada: Ada, world: World):
    old = NOW - timedelta(days=9)
    world.tell(
        Customer(MIA, Person("mia@example.org", "Mia Ray"), NOW),
        order("71", donation("d", 250)),
        order("72", donation("d", 300), customer_key=None, state=OrderState.OPEN),
        order("73", donation("d", 400, "reeds"), customer_key=None, placed_at=old),
    )
    for found, query in (
        ("$2.50", {"q": "mia"}),
        ("$2.50", {"q": "mia@example.org", "state": "due"}),
        ("$3.00", {"state": "pledged", "cause": str(world.riverbank.id)}),
        ("$4.00", {"since": "2026-11-13", "until": "2026-11-13", "kind": "gift"}),
    ):
        page = words_of(ada.see("giving", 200, **query))
        log = page.partition("Order Given State Cause")[2].partition("Causes")[0]
        assert [each for each in log.split() if each.startswith("$")] == [found], query
        told = ada.ask("giving/log.csv", **query).data.decode("utf-8-sig").splitlines()
        assert len(told) == 2
        assert found[1:] in told[1]
    for query in ({"q": "noor"}, {"state": "locked"}, {"kind": "match"}):
        assert "No gift fits this search." in ada.see("giving", 200, **query)


def test_what_cannot_be_searched_is_said_at_its_field(ada: Ada, world: World):
    world.tell(order("71", donation("d", 250)))
    for field, query in (
        ("since", {"since": "soon"}),
        ("until", {"since": "2026-11-13", "until": "2026-11-12"}),
        ("state", {"state": "lost"}),
        ("kind", {"kind": "lottery"}),
    ):
        assert f'id="{field}-wrong"' in ada.see("giving", 422, **query)
        assert ada.ask("giving/log.csv", **query).status_code == 422


def test_the_report_says_how_shoppers_answered_and_what_is_counted(ada: Ada, world: World):
    assert "Figures appear here with the first gift." in ada.see("giving/report")
    world.tell(order("1", goods("a", 960), donation("d", 40)))
    page = ada.see("giving/report")
    assert "No published round-up or amount was asked in this time" in page
    publish(world, AddOn(amounts_minor=(100,)), papered(world))
    world.tell(order("2", goods("a", 1000)), order("3", goods("a", 900), donation("d", 100)))
    page = words_of(ada.see("giving/report"))
    assert "Orders that were asked 100.0% 3 of 3" in page
    assert "Of these, with a gift 66.7% 2 of 3" in page
    assert "A gift on average $0.70 of 2 gifts that stand" in page
    assert "nothing of an order was sent yet" in page
