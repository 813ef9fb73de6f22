from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from devstore.shopify.install import EXCHANGE, ID_TOKEN, OFFLINE
from devstore.shopify.signing import query_hmac
from devstore.shopify.tokens import TokenBook
from tests.devstore.shopify.conftest import GRAPHQL, SECRET, SERVICE, World

ID_CLAIMS = {"iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"}


def refresh(world: World, token: str):
    return world.ask_token(grant_type="refresh_token", refresh_token=token)


def works(world: World, access: str) -> int:
    headers = {"X-Shopify-Access-Token": access}
    return world.http.post(
        GRAPHQL, json={"query": "{ shop { name } }"}, headers=headers
    ).status_code


def test_the_admin_asks_first_and_then_opens_the_app_with_a_fresh_id_token(world):
    page = world.http.get("/admin/apps/perennial").get_data(as_text=True)
    assert "Perennial" in page
    assert "refunds" in page
    world.http.post("/admin/apps/perennial/install")
    address = urlsplit(world.http.get("/admin/apps/perennial?locale=ar").headers["Location"])
    told = {key: values[0] for key, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{SERVICE}/app/shopify"
    assert told["shop"] == "acme.myshopify.com"
    assert told["embedded"] == "1"
    assert told["locale"] == "ar"
    assert told["hmac"] == query_hmac(SECRET, told)


def test_an_id_token_says_everything_for_one_minute(world):
    world.http.post("/admin/apps/perennial/install")
    claims = jwt.decode(
        world.id_token(),
        SECRET,
        algorithms=["HS256"],
        audience="client-1",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert set(claims) == ID_CLAIMS
    assert claims["iss"] == "https://acme.myshopify.com/admin"
    assert claims["dest"] == "https://acme.myshopify.com"
    assert claims["exp"] - claims["nbf"] == 60


def test_an_exchanged_token_expires_after_an_hour_and_tells_its_scopes(installed):
    assert installed.tokens["expires_in"] == 3600
    assert installed.tokens["refresh_token_expires_in"] == 90 * 86_400
    assert "read_all_orders" in installed.tokens["scope"].split(",")
    assert works(installed, installed.tokens["access_token"]) == 200
    installed.clock.pass_by(seconds=3600)
    assert works(installed, installed.tokens["access_token"]) == 401


def test_a_permanent_token_is_given_and_then_refused(world):
    world.http.post("/admin/apps/perennial/install")
    body = world.ask_token(
        grant_type=EXCHANGE,
        subject_token=world.id_token(),
        subject_token_type=ID_TOKEN,
        requested_token_type=OFFLINE,
    ).get_json()
    assert set(body) == {"access_token", "scope"}
    assert works(world, body["access_token"]) == 403


def test_an_old_or_foreign_id_token_is_not_exchanged(world):
    world.http.post("/admin/apps/perennial/install")
    old = world.id_token()
    world.clock.pass_by(seconds=71)
    foreign = jwt.encode({"dest": "https://other.myshopify.com"}, SECRET)
    for token in (old, foreign, "rubbish"):
        answer = world.ask_token(
            grant_type=EXCHANGE,
            subject_token=token,
            subject_token_type=ID_TOKEN,
            requested_token_type=OFFLINE,
        )
        assert answer.status_code == 400
        assert answer.get_json()["error"] == "invalid_subject_token"


@pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"client_secret": "guess"}])
def test_only_the_app_gets_tokens(installed, wrong):
    fields = {"grant_type": "refresh_token", "refresh_token": installed.tokens["refresh_token"]}
    answer = installed.ask_token(**fields, **wrong)
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "invalid_client"


def test_the_token_endpoint_reads_forms_and_refuses_other_grants(installed):
    answer = installed.http.post(
        "/admin/oauth/access_token",
        data={"client_id": "client-1", "client_secret": SECRET, "grant_type": "password"},
    )
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "unsupported_grant_type"


def test_a_refresh_token_can_be_retried_until_its_replacement_is_used(installed):
    first = installed.tokens["refresh_token"]
    second = refresh(installed, first).get_json()
    again = refresh(installed, first).get_json()
    assert again["refresh_token"] == second["refresh_token"] != first
    assert works(installed, again["access_token"]) == 200
    third = refresh(installed, second["refresh_token"]).get_json()
    assert works(installed, third["access_token"]) == 200
    late = refresh(installed, first)
    assert late.status_code == 401
    assert late.get_json() == {
        "error": "invalid_request",
        "error_description": "This request requires an active refresh_token",
    }


def test_a_refresh_token_dies_with_age(installed):
    first = installed.tokens["refresh_token"]
    refresh(installed, first)
    installed.clock.pass_by(days=31)
    assert refresh(installed, first).status_code == 401


def test_tokens_outlive_a_restart_and_end_with_the_app(installed):
    restarted = TokenBook(installed.shop.shelf)
    assert restarted.find(installed.tokens["access_token"], installed.clock()) is not None
    installed.http.post("/_devstore/shopify/uninstall")
    assert works(installed, installed.tokens["access_token"]) == 401
    assert refresh(installed, installed.tokens["refresh_token"]).status_code == 401


def test_the_clock_of_tokens_can_be_turned(installed):
    installed.http.put("/_devstore/shopify/tokens/lifetime", json={"seconds": 5})
    pair = refresh(installed, installed.tokens["refresh_token"]).get_json()
    assert pair["expires_in"] == 5
    installed.http.post("/_devstore/shopify/tokens/expire")
    assert works(installed, pair["access_token"]) == 401


def test_the_code_grant_asks_the_merchant_and_gives_a_code_once(world):
    asked = {
        "client_id": "client-1",
        "scope": "read_customers,read_orders,read_products,write_app_proxy",
        "redirect_uri": f"{SERVICE}/install/shopify/callback",
        "state": "bound",
    }
    page = world.http.get("/admin/oauth/authorize", query_string=asked).get_data(as_text=True)
    nonce = page.split('name="nonce" value="')[1].split('"')[0]
    back = world.http.post("/admin/oauth/approve", data={"nonce": nonce}).headers["Location"]
    told = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
    assert told["state"] == "bound"
    assert told["shop"] == "acme.myshopify.com"
    assert told["hmac"] == query_hmac(SECRET, told)
    assert world.http.post("/admin/oauth/approve", data={"nonce": nonce}).status_code == 400
    given = world.ask_token(code=told["code"], expiring="1")
    assert given.status_code == 200
    assert given.get_json()["refresh_token"]
    assert world.ask_token(code=told["code"], expiring="1").status_code == 400
    # What is granted already is not asked again.
    straight = world.http.get("/admin/oauth/authorize", query_string=asked)
    assert straight.status_code == 302
    assert "code=" in straight.headers["Location"]


@pytest.mark.parametrize(
    "wrong", [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/"}]
)
def test_a_strange_authorization_request_goes_nowhere(world, wrong):
    asked = {"client_id": "client-1", "redirect_uri": f"{SERVICE}/install/shopify/callback"}
    answer = world.http.get("/admin/oauth/authorize", query_string={**asked, **wrong})
    assert answer.status_code == 400
    assert "could not be installed" in answer.get_data(as_text=True)
