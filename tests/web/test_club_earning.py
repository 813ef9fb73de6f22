"""Ways to earn in the panel: only what can be earned here, and on which goods."""

from connector.program.rules import Caps, Rule, Scope
from tests.web.shoppers import acme, proxy
from tests.web.test_club import plain, section, told

__all__ = ["acme", "proxy"]
CONSENT = (Rule("mail", "newsletter", points=10), Rule("known", "verified_email", points=20))


def ways(front, **query):
    return section(told(front, front.token(), **query), "earn")["items"]


def test_what_a_platform_never_tells_is_not_offered(acme):
    acme.service.publish(acme.shop, rules=CONSENT)
    assert [one["title"] for one in ways(acme)] == ["Shop"]
    assert "items" not in acme.ask("tasks", acme.token(), product="77").get_json()


def test_where_it_is_told_the_way_says_how(proxy):
    proxy.service.publish(proxy.shop, rules=CONSENT)
    club = plain(proxy.ask(proxy.query(proxy.pairs()), "club").get_json())
    mail, known = section(club, "earn")["items"][1:]
    assert mail["title"] == "Get our newsletter"
    assert mail["lines"] == ["Agree to it at the checkout or in your account"]
    assert known["lines"] == ["Log in to the shop with the code it sends you"]


def test_a_way_names_its_goods(acme):
    teapots = Scope(categories=("Teapots", "Cups"), tags=("sale",))
    acme.service.publish(
        acme.shop,
        rules=(
            Rule("double", "multiplier", percent=200, scope=Scope(categories=("Teapots",))),
            Rule("some", "order", points=5, scope=teapots),
            Rule("gone", "order", points=6, scope=Scope(products=("nowhere",))),
            Rule("named", "multiplier", percent=300, scope=teapots, labels={"en": "Tea week"}),
        ),
    )
    double, some, gone, named = ways(acme)[1:]
    assert double["title"] == "Teapots"
    assert some["lines"] == ["With Teapots and 2 more"]
    assert gone["lines"] == ["With chosen products"]
    assert (named["title"], named["lines"]) == ("Tea week", ["Teapots and 2 more"])


def test_an_event_without_words_is_the_merchants_own(acme):
    acme.service.publish(
        acme.shop,
        rules=(
            Rule("a", "custom", points=5, target="crm_sync"),
            Rule("b", "custom", points=5, target="survey", labels={"en": "Answer a survey"}),
        ),
    )
    assert [one["title"] for one in ways(acme)] == ["Shop", "Answer a survey"]
    assert [one["title"] for one in ways(acme, lang="ar")][1:] == ["Answer a survey"]


def test_a_way_says_from_which_order_on_and_how_much_at_most(acme):
    caps = Caps(per_member=500, per_day=50, per_month=200, per_rule=9000)
    least = {acme.shop.currency: 5000}
    acme.service.publish(
        acme.shop,
        rules=(
            Rule("all", "order", points=25, minimum=least, caps=caps),
            Rule("vip", "custom", tier_days=3, target="a", labels={"en": "A"}, caps=Caps(1)),
        ),
    )
    every, once = ways(acme)[1:]
    assert every["lines"][1:] == [
        "At most 50 points a day",
        "At most 200 points a month",
        "At most 500 points in all",
    ]
    assert every["lines"][0].startswith("Orders from ")
    assert once["lines"] == ["At most 1 time in all"]
    assert len({tuple(ways(acme, lang=one)[1]["lines"]) for one in ("en", "ar", "zh-Hant")}) == 3
