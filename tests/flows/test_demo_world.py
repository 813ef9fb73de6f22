"""The practice shops are furnished the same whoever is quicker: we, or the worker."""

from connector.cli import demo_world
from connector.rooms.giving import service as giving
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce

GIFT = {
    "id": 6,
    "name": "Donation: Riverbank",
    "total": "2.50",
    "meta_data": [{"key": "_perennial_donation", "value": "riverbank"}],
}


def test_a_cause_that_past_gifts_made_is_the_one_to_give_to(service):
    shop = service.install("woocommerce", "https://acme.example")
    woocommerce(service, shop, {**WOO_ORDER, "fee_lines": [GIFT]})
    service.work(["drain"])
    with service.database.read() as db:
        (made,) = giving.causes(db, shop.id)
    assert (made.key, made.is_offered) == ("riverbank", False)
    assert demo_world._open(service.runtime, shop).startswith("pk_")
    with service.database.read() as db:
        (cause,) = giving.causes(db, shop.id)
    assert (cause.id, cause.name, cause.story) == (made.id, "Riverbank", demo_world.STORY)
    assert cause.is_default
    assert cause.is_offered
