"""What counts as a gift: a donation of which something stands, wherever gifts are counted."""

from connector.rooms.giving import accounts, programmes, remitting, service
from connector.rooms.giving.rules import AddOn, Share
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock
from tests.world import NOW, acme, donation, goods, order, refund, took

GIFT = donation("d", 250)


def goal(world):
    wanted = programmes.Campaign(0, "", {"en": "Trees"}, {}, "USD", 1000)
    with world.database.write() as db:
        return programmes.add_campaign(db, world.shop.id, wanted, NOW)


def counted(world, campaign):
    """Gifts by kind, as tallies, accounts and the campaign count them."""
    with world.database.read() as db:
        of = {one.id: one for one in programmes.programmes(db, world.shop.id)}
        tallies = {row.kind: row.gifts for row in service.tallies(db, world.shop.id)}
        told = {one.kind: one.gifts for one in accounts.everything(db, world.shop.id, of)}
        progress = programmes.progress(db, world.shop.id, campaign).gifts
    assert told == tallies
    assert progress == sum(tallies.values())
    return tallies


def test_what_a_cap_left_empty_and_what_came_back_whole_are_no_gifts(database):
    world = acme(database)
    cause, campaign = papered(world), goal(world)
    publish(world, Share(percent_bps=1000), cause, cap_minor=100, campaign_id=campaign.id)
    publish(world, AddOn((250,)), cause, campaign_id=campaign.id)
    given = [goods("a", 1000), GIFT]
    world.tell(order("1", *given), order("2", *given))
    assert counted(world, campaign) == {"gift": 2, "share": 1}, "the cap left the second nothing"
    some = refund("r", took(GIFT, total_minor=100))
    world.tell(order("2", *given, minute=1, refunds=(some,)))
    assert counted(world, campaign)["gift"] == 2
    rest = refund("s", took(GIFT, total_minor=150))
    world.tell(order("2", *given, minute=2, refunds=(some, rest)))
    assert counted(world, campaign)["gift"] == 1
    world.tell(order("2", *given, minute=3, refunds=(some,)))
    assert counted(world, campaign)["gift"] == 2
    assert world.audit() == []


def test_a_gift_that_left_its_currency_counts_once(database):
    world = acme(database)
    papered(world)
    world.tell(order("1", GIFT))
    lock(world)
    world.tell(order("1", donation("d", 300), currency="JPY", minute=1))
    with world.database.read() as db:
        told = {(one.currency, one.kind): one.gifts for one in service.tallies(db, world.shop.id)}
    assert told == {("USD", "gift"): 0, ("USD", "past"): 0, ("JPY", "gift"): 1}
    assert world.audit() == []


def test_a_line_that_takes_a_refund_back_is_no_gift_of_its_batch(database):
    world = acme(database)
    papered(world)
    world.tell(order("1", GIFT), order("2", GIFT))
    assert lock(world).gifts == 2
    back = refund("r", took(GIFT, total_minor=100))
    world.tell(order("1", GIFT, minute=1, refunds=(back,)), order("3", GIFT))
    batch = lock(world)
    with world.database.read() as db:
        (part,) = remitting.parts(db, world.shop.id, batch.id)
    assert (batch.gifts, part.gifts, part.lines) == (1, 1, 2)
    assert world.audit() == []
