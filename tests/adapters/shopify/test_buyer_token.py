"""The session token of our UI extensions: whose it is, and what it is not."""

from datetime import timedelta

import pytest

from adapters.shopify.verify import Buyer, buyer
from connector.core.errors import Forbidden, Unauthenticated
from tests.adapters.shopify import world

CUSTOMER = "gid://shopify/Customer/7071"
SECONDS = int(world.NOW.timestamp())


def session_token(secret=world.SECRET, **changes):
    """As a checkout signs it: the bare domain, no issuer, five minutes."""
    told = {"iss": None, "dest": world.SHOP, "sub": CUSTOMER, "sid": None, "exp": SECONDS + 300}
    return world.id_token(secret, **(told | changes))


def read(token, now=world.NOW):
    return buyer(token, world.CLIENT_ID, world.SECRETS, now)


def refused(token, now=world.NOW):
    with pytest.raises(Unauthenticated) as caught:
        read(token, now)
    return caught.value.code


def test_a_buyer_who_is_signed_in_and_a_guest():
    assert read(session_token()) == Buyer(world.SHOP, "7071")
    assert read(session_token(sub=None)) == Buyer(world.SHOP, None)
    assert read(session_token(dest=f"https://{world.SHOP}")) == Buyer(world.SHOP, "7071")


def test_an_older_secret_still_counts_and_a_strangers_never():
    assert read(session_token(world.OLD_SECRET)).customer_key == "7071"
    assert refused(session_token("someone else's")) == "invalid_token"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"aud": None},
        {"aud": [world.CLIENT_ID]},
        {"dest": None},
        {"dest": 7},
        {"dest": "evil.com"},
        {"dest": f"http://{world.SHOP}"},
        {"dest": f"{world.SHOP}\n"},
        {"dest": f"https://https://{world.SHOP}"},
        {"sub": "7071"},
        {"sub": 7071},
        {"sub": ""},
        {"sub": "gid://shopify/Order/7071"},
        {"sub": f"{CUSTOMER}\n"},
        {"sub": f"{CUSTOMER} or 1=1"},
        {"sub": "gid://shopify/Customer/\u0667"},
        {"exp": None},
        {"nbf": None},
        {"exp": True},
        {"exp": float(SECONDS + 300)},
    ],
)
def test_a_claim_is_what_it_must_be(changes):
    assert refused(session_token(**changes)) == "invalid_token"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(-10, None), (-11, "invalid_token"), (0, None), (309, None), (310, "expired")],
)
def test_a_token_lives_as_long_as_it_says_and_ten_seconds(seconds, code):
    now = world.NOW + timedelta(seconds=seconds)
    if code is None:
        assert read(session_token(), now)
    else:
        assert refused(session_token(), now) == code


def test_the_admins_token_does_not_open_the_door_of_buyers():
    with pytest.raises(Forbidden) as caught:
        read(world.id_token())
    assert (caught.value.code, caught.value.status) == ("wrong_token_type", 403)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS512"}, {}, {"alg": "hs256"}])
def test_only_one_algorithm(header):
    assert refused(world.token(header, world.claims(sub=CUSTOMER))) == "invalid_token"


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "é.é.é", "." * 9000])
def test_what_is_no_token_is_refused(text):
    assert refused(text) == "invalid_token"
