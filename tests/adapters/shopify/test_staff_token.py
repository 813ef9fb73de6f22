from datetime import timedelta

import pytest

from adapters.shopify.verify import Staff, staff
from connector.core.errors import Forbidden, Unauthenticated
from tests.adapters.shopify import world

SECONDS = int(world.NOW.timestamp())
CUSTOMER = "gid://shopify/Customer/7071"


def read(token, secrets=world.SECRETS, now=world.NOW):
    return staff(token, world.CLIENT_ID, secrets, now)


def refused(token, **asked):
    with pytest.raises(Unauthenticated) as caught:
        read(token, **asked)
    assert caught.value.status == 401
    return caught.value.code


def test_a_token_names_the_shop_and_who_sits_there():
    assert read(world.id_token()) == Staff(world.SHOP, "42")


def test_an_older_secret_still_counts_and_a_foreign_one_does_not():
    assert read(world.id_token(world.OLD_SECRET)) == Staff(world.SHOP, "42")
    assert refused(world.id_token("shpss_" + "x" * 32)) == "invalid_token"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iss", "dest", "aud", "sub"])
def test_every_claim_we_rest_on_is_required(claim):
    assert refused(world.id_token(world.SECRET, **{claim: None})) == "invalid_token"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [world.CLIENT_ID]},
        {"aud": "another-app"},
        {"aud": 1},
        {"exp": str(SECONDS + 60)},
        {"exp": True},
        {"nbf": SECONDS + 60},
        {"dest": "https://other.myshopify.com"},
        {"iss": "https://other.myshopify.com/admin"},
        {"iss": f"https://{world.SHOP}.evil.com/admin"},
        {"dest": world.SHOP},
        {"dest": f"http://{world.SHOP}", "iss": f"http://{world.SHOP}/admin"},
        {"dest": "https://evil.com", "iss": "https://evil.com/admin"},
        {"dest": f"https://{world.SHOP}\n", "iss": f"https://{world.SHOP}\n/admin"},
        {"dest": [f"https://{world.SHOP}"]},
        {"iss": 1},
        {"sub": ""},
        {"sub": "ada"},
        {"sub": 42},
    ],
)
def test_a_claim_that_does_not_fit_is_refused(claims):
    assert refused(world.id_token(**claims)) == "invalid_token"


@pytest.mark.parametrize(("late", "code"), [(9, None), (11, "expired")])
def test_ten_seconds_of_clock_difference_are_forgiven(late, code):
    token = world.id_token(exp=SECONDS - late)
    if code is None:
        assert read(token)
    else:
        assert refused(token) == code


def test_it_lives_by_the_time_it_is_told():
    token = world.id_token()
    assert refused(token, now=world.NOW + timedelta(minutes=2)) == "expired"
    assert refused(token, now=world.NOW - timedelta(minutes=2)) == "invalid_token"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": CUSTOMER},
        {"sub": CUSTOMER, "iss": None, "dest": world.SHOP, "exp": SECONDS + 300},
        {"iss": f"https://{world.SHOP}/checkouts"},
        {"iss": f"https://{world.SHOP}"},
    ],
)
def test_a_customers_token_does_not_open_the_admin(claims):
    with pytest.raises(Forbidden) as caught:
        read(world.id_token(**claims))
    assert (caught.value.code, caught.value.status) == ("wrong_token_type", 403)


def test_a_customers_token_that_is_too_old_is_too_old():
    assert refused(world.id_token(sub=CUSTOMER, exp=SECONDS - 60)) == "expired"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": "hs256"},
        {},
        {"alg": "HS256", "crit": ["shopify"], "shopify": 1},
    ],
)
def test_only_one_algorithm_and_no_critical_extension(header):
    signed = world.token(header, world.claims())
    assert refused(signed) == "invalid_token"
    assert refused(signed.rpartition(".")[0] + ".") == "invalid_token"


@pytest.mark.parametrize("claims", [[], "text", 1, None])
def test_claims_that_are_no_object_are_refused(claims):
    assert refused(world.token({"alg": "HS256"}, claims)) == "invalid_token"


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a.b.c.d", "é.é.é", "Bearer x", "." * 9000])
def test_what_is_no_token_is_refused(text):
    assert refused(text) == "invalid_token"
