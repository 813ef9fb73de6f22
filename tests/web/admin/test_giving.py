"""Giving: causes are added, gifts are logged to the cent, due and pledged are told apart."""

from connector.core.commerce import OrderState
from connector.rooms.giving import programmes, remitting
from connector.rooms.giving import service as giving
from connector.rooms.giving.rules import RoundUp, Share
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World, donation, goods, order, refund, took


def test_gifts_are_due_pledged_or_taken_back(ada: Ada, world: World):
    gift = donation("2", 300)
    world.tell(
        order("1", goods("1", 1000), donation("2", 500)),
        order("2", donation("2", 200), state=OrderState.OPEN, paid_at=None),
        order("3", gift, refunds=(refund("r", took(gift, 1)),)),
    )
    page = words_of(ada.see("giving"))
    assert "$7.00 stands, of $10.00 given; the rest was refunded" in page
    assert "Due to causes $5.00" in page
    assert "Pledged, until the order is paid and confirmed $2.00" in page
    assert "$5.00 due Riverbank" in page
    assert "$2.00 pledged Riverbank" in page
    assert "$3.00 taken back Riverbank" in page
    assert "$5.00 due, $2.00 pledged, $0.00 sent" in page


def test_everything_owed_is_due_until_it_is_sent(ada: Ada, world: World):
    causes = papered(world)
    publish(world, Share(percent_bps=1000), causes)
    gift = order("1", goods("1", 1000), donation("2", 500))
    world.tell(gift, order("2", goods("1", 2000), state=OrderState.OPEN, paid_at=None))
    page = words_of(ada.see("giving"))
    assert "Due to causes $6.00" in page
    assert "paid and confirmed $2.00" in page
    assert "Sent to causes" not in page
    with world.database.read() as db:
        (waiting,) = remitting.waiting(db, world.shop.id)
    assert waiting.ready_minor == 600
    batch = lock(world)
    assert "Due to causes $6.00" in words_of(ada.see("giving"))
    send(world, batch)
    page = words_of(ada.see("giving"))
    assert "Due to causes $0.00" in page
    assert "Sent to causes $6.00" in page
    assert "$0.00 due, $2.00 pledged, $6.00 sent" in page
    assert "$8.00 given" in page


def test_currencies_are_never_added_up(ada: Ada, world: World):
    world.tell(order("1", donation("1", 500)), order("2", donation("1", 300), currency="EUR"))
    page = words_of(ada.see("giving"))
    assert "$5.00 given" in page
    assert "€3.00 given" in page


def test_a_cause_is_kept_as_written_and_shown_as_text(ada: Ada, world: World):
    sent = ada.send(
        "giving/causes",
        "giving",
        name=" =HYPERLINK(x)\u202e <svg onload=alert(1)> {{config}} ",
        story="First line.\nSecond {0} line.",
    )
    assert sent.location.endswith("said=cause")
    with world.database.read() as db:
        made = giving.causes(db, world.shop.id)[-1]
    assert made.name == "=HYPERLINK(x) <svg onload=alert(1)> {{config}}"
    page = ada.ask("giving").text
    assert "<svg onload" not in page
    assert "=HYPERLINK(x) &lt;svg onload=alert(1)&gt; {{config}}" in page
    assert "Second {0} line." in page


def test_a_cause_needs_a_name_that_fits(ada: Ada, world: World):
    for form, field in (
        ({"name": "  ", "story": ""}, "name"),
        ({"name": "x" * 81, "story": ""}, "name"),
        ({"name": "x", "story": "y" * 501}, "story"),
        ({"name": "a\x00b", "story": ""}, "name"),
        ({"name": " riverBANK ", "story": ""}, "name"),
        ({"name": "x", "story": "y" * 5000}, "story"),
    ):
        answer = ada.send("giving/causes", "giving", **form)
        assert answer.status_code == 422
        assert f'id="{field}-wrong"' in answer.text
    assert (
        "There is a cause of this name already."
        in ada.send("giving/causes", "giving", name="Riverbank", story="").text
    )
    with world.database.read() as db:
        assert [cause.name for cause in giving.causes(db, world.shop.id)] == ["Riverbank"]


def test_the_log_is_paged(ada: Ada, world: World):
    world.tell(*[order(str(n), donation("1", 100 + n)) for n in range(30)])
    first = ada.see("giving")
    assert "Older gifts" in first
    second = words_of(ada.see("giving", page="2"))
    assert "Newer gifts" in second
    assert "Older gifts" not in second
    assert second.count(" due Riverbank") == 5
    assert ada.ask("giving", page="x").status_code == 422
    assert ada.ask("giving", page="9" * 30).status_code == 422


def test_a_merchant_is_told_when_shoppers_are_asked_nothing(ada: Ada, world: World):
    silent = "Shoppers are asked nothing now"
    assert silent not in words_of(ada.see("giving"))
    one = publish(world, RoundUp(100), papered(world))
    assert silent not in words_of(ada.see("giving"))
    with world.database.write() as db:
        programmes.end(db, world.shop.id, one.id, NOW)
    assert silent in words_of(ada.see("giving"))
