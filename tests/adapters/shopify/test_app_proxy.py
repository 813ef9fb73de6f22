import random
from datetime import timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest

from adapters.shopify.verify import Visitor, visitor
from connector.core.errors import Unauthenticated
from tests.adapters.shopify import world

PREFIX = "/apps/perennial"
TIMESTAMP = int(world.NOW.timestamp())


def canonical(pairs):
    names = dict.fromkeys(name for name, _ in pairs)
    values = {name: ",".join(v for n, v in pairs if n == name) for name in names}
    return "".join(sorted(f"{name}={value}" for name, value in values.items()))


def pairs_of(*extra, customer="", shop=world.SHOP, at=TIMESTAMP):
    return [
        *extra,
        ("shop", shop),
        ("logged_in_customer_id", customer),
        ("path_prefix", PREFIX),
        ("timestamp", str(at)),
    ]


def query_of(pairs, secret=world.SECRET):
    return urlencode([*pairs, ("signature", world.hex_hmac(canonical(pairs), secret))])


def see(query):
    return visitor(query, world.SECRETS, world.NOW)


def refused(query):
    with pytest.raises(Unauthenticated) as caught:
        see(query)
    return caught.value.code


@pytest.mark.parametrize("vector", world.vectors("app_proxy"))
@world.needed
def test_the_published_digests_are_reproduced(vector):
    query = f"{vector['query']}&signature={vector['signature_hex']}"
    then = world.NOW.fromtimestamp(1317327555, tz=world.NOW.tzinfo)
    found = visitor(query, [vector["secret"].encode()], then)
    assert found.shop_key == "shop-name.myshopify.com"
    assert found.path_prefix == "/apps/awesome_reviews"


def test_a_signed_in_shopper_and_a_guest():
    assert see(query_of(pairs_of(customer="7071"))) == Visitor(world.SHOP, "7071", PREFIX)
    assert see(query_of(pairs_of())).customer_key is None


def test_repeated_and_empty_parameters_of_ours_are_part_of_the_signature():
    query = query_of(pairs_of(("product", "1"), ("product", "2"), ("empty", "")))
    assert see(query).shop_key == world.SHOP
    assert refused(query.replace("product=2", "product=3")) == "bad_signature"
    assert refused(query.replace("&empty=", "")) == "bad_signature"


def test_an_older_secret_still_counts():
    assert see(query_of(pairs_of(), world.OLD_SECRET)).shop_key == world.SHOP
    assert refused(query_of(pairs_of(), "someone else's")) == "bad_signature"


@pytest.mark.parametrize("name", ["shop", "logged_in_customer_id", "path_prefix", "timestamp"])
def test_shopifys_names_are_there_once(name):
    pairs = pairs_of(customer="7071")
    assert refused(query_of([pair for pair in pairs if pair[0] != name])) == "bad_signature"
    assert refused(query_of([*pairs, (name, "1")])) == "bad_signature"
    assert refused(query_of([*pairs, *[pair for pair in pairs if pair[0] == name]]))


def test_without_a_signature_or_with_two_nobody_is_known():
    query = query_of(pairs_of())
    assert refused(query.partition("&signature=")[0]) == "bad_signature"
    assert refused(f"{query}&signature=00") == "bad_signature"
    assert refused(f"{query}é") == "bad_signature"
    assert refused("shop=%ff") == "bad_signature"
    assert refused("") == "bad_signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": "1 or 1=1"},
        {"customer": "\u0667"},  # an Arabic-Indic seven is a digit to a careless pattern
        {"customer": "7071\n"},
        {"shop": "evil.com"},
        {"shop": "acme.myshopify.com\n"},
        {"at": "soon"},
        {"at": "1e10"},
    ],
)
def test_values_must_match_wholly(changes):
    assert refused(query_of(pairs_of(**changes))) == "bad_signature"


@pytest.mark.parametrize(("seconds", "code"), [(90, None), (91, "expired"), (-91, "expired")])
def test_a_request_lives_ninety_seconds(seconds, code):
    at = int((world.NOW - timedelta(seconds=seconds)).timestamp())
    query = query_of(pairs_of(at=at))
    if code is None:
        assert see(query)
    else:
        assert refused(query) == code


def test_a_query_cut_anew_does_not_become_another_customer():
    """All of these have the signature of an honest guest's request: the text is the same."""
    honest = pairs_of(("foo", "1logged_in_customer_id=999"))
    cut = [("foo", "1"), ("logged_in_customer_id", "999"), *honest[1:]]
    cut.remove(("logged_in_customer_id", ""))
    assert refused(f"{urlencode(cut)}&signature={signature_of(honest)}") == "bad_signature"

    # The real name hides in a value, or between two, and an invented one takes its place.
    honest = pairs_of(("a", "1"), ("mcustomer_x", "logged_in_customer_id=999"))
    for hidden in (
        [("a", "1logged_in_customer_id=mcustomer_x=")],
        [("a", "1logged_in_"), ("customer_id", "m"), ("customer_x", "")],
    ):
        cut = [*hidden, *pairs_of(customer="999")]
        assert canonical(cut) == canonical(honest)
        assert refused(f"{urlencode(cut)}&signature={signature_of(honest)}") == "bad_signature"


def test_two_thousand_random_cuts_never_change_who_it_is():
    source = random.Random(2026)
    texts = ["", "1", "x=2", "logged_in_customer_id=999", "shop=evil.myshopify.com", "timestamp=1"]
    for _ in range(2_000):
        extra = [
            (source.choice(["a", "foo", "m", "zz", "productlogged_"]), source.choice(texts))
            for _ in range(source.randint(0, 3))
        ]
        honest = pairs_of(*extra, customer=source.choice(["", "7071"]))
        cut = parse_qsl(cut_anew(canonical(honest), source), keep_blank_values=True)
        query = f"{urlencode(cut)}&signature={signature_of(honest)}"
        try:
            found = see(query)
        except Unauthenticated:
            continue
        assert found == Visitor(world.SHOP, dict(honest)["logged_in_customer_id"] or None, PREFIX)


def signature_of(pairs):
    return world.hex_hmac(canonical(pairs))


def cut_anew(text, source):
    """The same signed text as other parameters: cut at random, often where a known name starts."""
    places = {source.randrange(1, len(text)) for _ in range(source.randint(0, 2))}
    for name in ("logged_in_customer_id=", "path_prefix=", "shop=", "timestamp="):
        starts = [at for at in range(1, len(text)) if text.startswith(name, at)]
        places |= {at for at in starts if source.random() < 0.8}
    borders = [0, *sorted(places), len(text)]
    pieces = [text[a:b] for a, b in pairwise(borders)]
    return "&".join("=".join(quote_plus(part) for part in piece.split("=", 1)) for piece in pieces)
