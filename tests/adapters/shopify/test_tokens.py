"""Getting tokens, renewing them, and every way the token endpoint can fail."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.shopify import Shopify
from adapters.shopify.scopes import SCOPES, missing_scopes
from adapters.shopify.verify import query_params
from connector.core.commerce import Credentials, InstallRequest
from connector.core.errors import (
    BadInput,
    Forbidden,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
    Unauthenticated,
)
from connector.core.http import Http
from tests.adapters.shopify import world

URL = f"https://{world.SHOP}/admin/oauth/access_token"
PAIR = {
    "access_token": "shpat_new",
    "scope": ",".join(SCOPES),
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7_776_000,
}
NEW = Credentials(
    shop_key=world.SHOP,
    access="shpat_new",
    scopes=tuple(SCOPES),
    expires_at=world.NOW + timedelta(hours=1),
    refresh="shprt_new",
    refresh_expires_at=world.NOW + timedelta(days=90),
)
OLD = Credentials(world.SHOP, "shpat_old", scopes=tuple(SCOPES), refresh="shprt_old")


@pytest.fixture
def shopify():
    secrets = [world.SECRET, world.OLD_SECRET]
    return Shopify(world.CLIENT_ID, secrets, Http(), now=lambda: world.NOW)


@pytest.fixture
def endpoint(mock):
    def answer(body, status=200):
        return mock.add(
            responses.POST,
            URL,
            status=status,
            body=body if isinstance(body, str | Exception) else json.dumps(body),
        )

    return answer


def sent(mock):
    return json.loads(mock.calls[-1].request.body)


def test_the_merchant_is_asked_for_what_we_need_and_no_more(shopify):
    request = InstallRequest(world.SHOP, "s" * 32, "https://ours.example/cb", "https://x.example/")
    url = urlsplit(shopify.install_url(request))
    asked = parse_qs(url.query)
    assert (url.hostname, url.path) == (world.SHOP, "/admin/oauth/authorize")
    assert asked["scope"] == [",".join(sorted(SCOPES))]
    assert asked["redirect_uri"] == ["https://ours.example/cb"]
    assert asked["state"] == ["s" * 32]
    assert "grant_options[]" not in asked


def test_an_id_token_is_exchanged_for_an_expiring_pair(shopify, endpoint, mock):
    endpoint(PAIR)
    token = world.id_token()
    assert shopify.exchange(token) == NEW
    told = sent(mock)
    assert told["subject_token"] == token
    assert told["expiring"] == "1"
    assert told["requested_token_type"].endswith(":offline-access-token")
    assert (told["client_id"], told["client_secret"]) == (world.CLIENT_ID, world.SECRET)


def test_a_bad_id_token_is_never_sent_anywhere(shopify, mock):
    with pytest.raises(Unauthenticated):
        shopify.exchange(world.id_token(aud="another-app"))
    with pytest.raises(Forbidden):
        shopify.exchange(world.id_token(sub="gid://shopify/Customer/1"))
    assert not mock.calls


def test_an_id_token_shopify_refuses_is_to_be_loaded_again(shopify, endpoint):
    endpoint({"error": "invalid_subject_token", "error_description": "told"}, 400)
    with pytest.raises(Unauthenticated) as caught:
        shopify.exchange(world.id_token())
    assert caught.value.code == "invalid_token"


def test_scopes_that_were_not_granted_stop_the_install(shopify, endpoint):
    endpoint(PAIR | {"scope": "read_orders,write_customers,read_products,write_app_proxy"})
    with pytest.raises(BadInput) as caught:
        shopify.exchange(world.id_token())
    assert (caught.value.code, caught.value.status) == ("scope_too_small", 400)
    assert "read_customer_merge" in caught.value.message
    assert "read_customers" not in caught.value.message  # the write scope covers it


def test_the_algebra_of_scopes():
    assert missing_scopes(SCOPES) == []
    assert missing_scopes([*SCOPES, "unauthenticated_read_x", "customer_read_orders"]) == []
    assert missing_scopes([]) == list(SCOPES)


def callback(**changes):
    params = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "shop": world.SHOP,
        "state": "single-use",
        "timestamp": str(int(world.NOW.timestamp())),
        **changes,
    }
    text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return query_params(f"{text}&hmac={world.hex_hmac(text)}")


def test_the_code_grant_redeems_its_code(shopify, endpoint, mock):
    endpoint(PAIR)
    assert shopify.finish_install(callback(), world.SHOP) == NEW
    assert sent(mock)["code"] == "0907a61c0c8d55e99db179b68161bc00"
    assert sent(mock)["expiring"] == "1"


def test_a_callback_that_is_not_ours_redeems_nothing(shopify, mock):
    with pytest.raises(Unauthenticated, match="bad_signature"):
        shopify.finish_install(callback() | {"code": "another"}, world.SHOP)
    late = str(int(world.NOW.timestamp()) - 91)
    with pytest.raises(Forbidden, match="expired"):
        shopify.finish_install(callback(timestamp=late), world.SHOP)
    with pytest.raises(BadInput, match="invalid_shop"):
        shopify.finish_install(callback(), "other.myshopify.com")
    with pytest.raises(BadInput, match="invalid_shop"):
        shopify.finish_install(callback(shop="acme.myshopify.com.evil.com"), world.SHOP)
    assert not mock.calls


def test_a_code_used_twice_is_refused(shopify, endpoint):
    endpoint({"error": "invalid_request", "error_description": "code was used"}, 400)
    with pytest.raises(PlatformRefused, match="reauthorize"):
        shopify.finish_install(callback(), world.SHOP)


def test_a_pair_is_renewed(shopify, endpoint, mock):
    endpoint(PAIR)
    assert shopify.refresh(OLD) == NEW
    assert sent(mock)["refresh_token"] == "shprt_old"


def test_a_lost_renewal_is_asked_again_with_the_same_token(shopify, endpoint, mock):
    lost = endpoint(requests.exceptions.ReadTimeout())
    with pytest.raises(PlatformBusy):
        shopify.refresh(OLD)
    mock.remove(lost)
    endpoint(PAIR)
    assert shopify.refresh(OLD) == NEW
    assert [json.loads(call.request.body)["refresh_token"] for call in mock.calls] == [
        "shprt_old",
        "shprt_old",
    ]


def test_a_renewal_without_its_lifetime_is_taken_as_the_shortest(shopify, endpoint):
    endpoint({"access_token": "shpat_new", "refresh_token": "shprt_new"})
    fresh = shopify.refresh(OLD)
    assert fresh.expires_at == world.NOW + timedelta(hours=1)
    assert fresh.scopes == OLD.scopes
    assert fresh.refresh_expires_at is None


def test_a_renewal_that_could_not_be_renewed_again_is_not_taken(shopify, endpoint):
    endpoint({"access_token": "shpat_new", "expires_in": 3600})
    with pytest.raises(PlatformError, match="unreadable_answer"):
        shopify.refresh(OLD)


def test_a_token_that_never_expires_cannot_be_renewed(shopify, endpoint, mock):
    endpoint({"access_token": "shpat_new", "scope": ",".join(SCOPES)})
    lasting = shopify.finish_install(callback(), world.SHOP)
    assert (lasting.expires_at, lasting.refresh) == (None, None)
    with pytest.raises(PlatformRefused, match="reauthorize"):
        shopify.refresh(lasting)
    assert len(mock.calls) == 1


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("body", [{"error": "invalid_request"}, {"error": "invalid_grant"}, "x"])
def test_a_renewal_refused_needs_the_merchant(shopify, endpoint, status, body):
    endpoint(body, status)
    with pytest.raises(PlatformRefused) as caught:
        shopify.refresh(OLD)
    assert caught.value.code == "reauthorize"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, PlatformBusy),
        (500, PlatformBusy),
        (520, PlatformBusy),
        (403, PlatformRefused),
        (404, PlatformMissing),
        (302, PlatformError),
    ],
)
def test_other_ends_of_a_renewal(shopify, endpoint, status, kind):
    endpoint("{}", status)
    with pytest.raises(PlatformError) as caught:
        shopify.refresh(OLD)
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"access_token": 1}', '{"scope": "x"}'])
def test_an_answer_that_is_no_token_is_not_repeated(shopify, endpoint, body):
    endpoint(body)
    with pytest.raises(PlatformError) as caught:
        shopify.refresh(OLD)
    assert caught.value.code == "unreadable_answer"
    assert caught.value.__cause__ is None


def test_no_refusal_repeats_a_secret(shopify, endpoint):
    endpoint({"error": "invalid_request", "error_description": world.SECRET}, 401)
    with pytest.raises(PlatformRefused) as caught:
        shopify.refresh(OLD)
    assert world.SECRET not in str(caught.value)
    assert "shprt" not in str(caught.value)


def test_the_practice_shop_is_elsewhere(mock):
    origin = "http://127.0.0.1:8402"
    mock.add(responses.POST, f"{origin}/admin/oauth/access_token", body=json.dumps(PAIR))
    http = Http(allow_private=[origin])
    there = Shopify(world.CLIENT_ID, [world.SECRET], http, origin, now=lambda: world.NOW)
    assert there.exchange(world.id_token()) == NEW
    request = InstallRequest(world.SHOP, "s", "https://a.example/", "https://b.example/")
    assert there.install_url(request).startswith(f"{origin}/admin/oauth/authorize?")
