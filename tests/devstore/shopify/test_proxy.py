from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from devstore.shopify.signing import proxy_signature
from tests.devstore.shopify.conftest import SECRET, SERVICE

PATH = "/apps/perennial/me"
TARGET = f"{SERVICE}/storefront/shopify/me"


@pytest.fixture
def service():
    with responses.RequestsMock() as mock:
        yield mock


def test_an_anonymous_visit_is_signed_with_an_empty_customer(installed, service):
    service.add(responses.GET, TARGET, json={"member": None}, headers={"ETag": '"1"'})
    answer = installed.http.get(f"{PATH}?a=1&a=2&shop=evil&logged_in_customer_id=7")
    assert answer.get_json() == {"member": None}
    assert answer.headers["ETag"] == '"1"'
    query = urlsplit(service.calls[0].request.url).query
    pairs = parse_qsl(query, keep_blank_values=True)
    told = dict(pairs)
    assert pairs[:2] == [("a", "1"), ("a", "2")]
    assert told["shop"] == "acme.myshopify.com"
    assert told["path_prefix"] == "/apps/perennial"
    assert told["logged_in_customer_id"] == ""
    assert told["timestamp"] == str(int(installed.clock().timestamp()))
    assert told["signature"] == proxy_signature(SECRET, pairs)
    assert [key for key, _ in pairs].count("shop") == 1


def test_a_signed_in_shopper_is_named(installed, service):
    service.add(responses.GET, TARGET)
    with installed.http.session_transaction() as session:
        session["customer_id"] = installed.mia().id
    installed.http.get(PATH)
    told = dict(parse_qsl(urlsplit(service.calls[0].request.url).query))
    assert told["logged_in_customer_id"] == str(installed.mia().id)


def test_methods_bodies_and_refusals_pass_and_cookies_do_not(installed, service):
    headers = {"Set-Cookie": "tracker=1"}
    service.add(responses.POST, TARGET, status=422, json={"code": "no"}, headers=headers)
    installed.http.set_cookie("mine", "secret")
    sent = {"Accept-Language": "ar", "Idempotency-Key": "wish-1"}
    answer = installed.http.post(PATH, json={"a": 1}, headers=sent)
    request = service.calls[0].request
    assert answer.status_code == 422
    assert "Set-Cookie" not in answer.headers
    assert request.body == b'{"a": 1}'
    assert request.headers["Accept-Language"] == "ar"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == "wish-1"
    assert "Cookie" not in request.headers


def test_without_the_app_or_its_service_there_is_no_answer(world):
    assert world.http.get(PATH).status_code == 404
    world.install()
    assert world.http.get(PATH).status_code == 502


def test_widgets_are_mounted_once_the_app_is_in(world):
    assert world.face.mount().base is None
    world.install()
    assert world.face.mount().base == "/apps/perennial"
