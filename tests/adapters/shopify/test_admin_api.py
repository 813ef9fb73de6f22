"""One question to the Admin API, and everything that can come back."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import responses

from adapters.shopify.admin_api import AdminApi
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.http import Http
from tests.adapters.shopify import graph
from tests.adapters.shopify.graph import failed, throttled

DATA = {"shop": {"name": "Acme"}}


def refused(shop, expected=PlatformError):
    with pytest.raises(expected) as caught:
        shop.api.ask("shop", {})
    return caught.value


def test_a_question_carries_the_shops_token_and_our_document(shop):
    shop.answers(DATA)
    answer = shop.api.ask("shop", {})
    assert json.loads(answer.data) == DATA
    assert (answer.codes, answer.version) == ((), "2026-10")
    (sent,) = shop.requests
    assert sent.url == graph.URL
    assert sent.headers["X-Shopify-Access-Token"] == graph.TOKEN
    assert shop.names() == ["Shop"]


def test_the_version_that_answered_is_told(shop):
    shop.answers((200, {"X-Shopify-API-Version": "2027-01"}, {"data": DATA}))
    assert shop.api.ask("shop", {}).version == "2027-01"


def test_short_throttling_is_waited_out(shop):
    shop.answers(throttled(500, 250), throttled(300, 290), DATA)
    assert json.loads(shop.api.ask("shop", {}).data) == DATA
    assert shop.slept == [2.5, 0.1]


def test_long_throttling_goes_back_to_the_queue_with_its_time(shop):
    shop.answers(throttled(1000, 100))
    problem = refused(shop, PlatformBusy)
    assert (problem.code, problem.retry_after_seconds, problem.retry) == ("throttled", 9.0, True)
    assert shop.slept == []


def test_throttling_without_end_goes_back_to_the_queue(shop):
    shop.answers(*[throttled(100, 0)] * 3)
    assert refused(shop, PlatformBusy).code == "throttled"
    assert shop.slept == [1.0, 1.0]


def test_throttling_that_tells_no_cost_is_waited_out_anyway(shop):
    shop.answers(failed("THROTTLED"), throttled(100, 0, rate=0), DATA)
    assert shop.api.ask("shop", {})
    assert shop.slept == [2.0, 2.0]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "code", "wait"),
    [
        (429, {"Retry-After": "7.5"}, PlatformBusy, "throttled", 7.5),
        (429, {}, PlatformBusy, "throttled", 2.0),
        (430, {}, PlatformBusy, "throttled", 2.0),
        (500, {}, PlatformBusy, "platform_busy", 0),
        (502, {}, PlatformBusy, "platform_busy", 0),
        (503, {"Retry-After": "30"}, PlatformBusy, "platform_busy", 30),
        (520, {}, PlatformBusy, "platform_busy", 0),
        (401, {}, PlatformRefused, "reauthorize", None),
        (402, {}, PlatformRefused, "shop_frozen", None),
        (403, {}, PlatformRefused, "forbidden", None),
        (423, {}, PlatformRefused, "shop_locked", None),
        (404, {}, PlatformMissing, "platform_missing", None),
        (301, {"Location": "https://evil.example"}, PlatformError, "platform_error", None),
        (400, {}, PlatformError, "platform_error", None),
    ],
)
def test_statuses(shop, status, headers, kind, code, wait):
    shop.answers((status, headers, {"errors": "[API] told"}))
    problem = refused(shop, kind)
    assert type(problem) is kind
    assert problem.code == code
    assert getattr(problem, "retry_after_seconds", None) == wait


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (failed("ACCESS_DENIED"), PlatformRefused, "access_denied"),
        (failed("SHOP_INACTIVE"), PlatformRefused, "shop_inactive"),
        (failed("MAX_COST_EXCEEDED"), PlatformError, "max_cost_exceeded"),
        (failed("INTERNAL_SERVER_ERROR"), PlatformBusy, "platform_busy"),
        (failed("INTERNAL_SERVER_ERROR", data=DATA), PlatformBusy, "platform_busy"),
        (failed("undefinedField"), PlatformError, "undefinedfield"),
        (failed(None), PlatformError, "query_refused"),
        ((200, {}, {"errors": "in one word"}), PlatformError, "query_refused"),
        ((200, {}, {"data": None}), PlatformError, "unreadable_answer"),
        ((200, {}, {}), PlatformError, "unreadable_answer"),
        ((200, {}, "<html>down</html>"), PlatformError, "unreadable_answer"),
        ((200, {}, "[" * 100_000), PlatformError, "unreadable_answer"),
        ((200, {}, ""), PlatformError, "unreadable_answer"),
    ],
)
def test_errors_with_status_200(shop, answer, kind, code):
    shop.answers(answer)
    problem = refused(shop, kind)
    assert type(problem) is kind
    assert problem.code == code


def test_partial_data_is_kept_with_what_is_missing(shop):
    shop.answers(failed("ACCESS_DENIED", data=DATA))
    answer = shop.api.ask("shop", {})
    assert json.loads(answer.data) == DATA
    assert answer.codes == ("ACCESS_DENIED",)


@pytest.mark.parametrize(
    "problem",
    [
        requests.exceptions.ConnectTimeout(),
        requests.exceptions.ReadTimeout(),
        requests.exceptions.ConnectionError("reset"),
        requests.exceptions.ChunkedEncodingError("half an answer"),
    ],
)
def test_a_lost_answer_is_busy_and_not_asked_again_here(shop, problem):
    shop.answers(problem)
    assert refused(shop, PlatformBusy).code == "platform_unreachable"
    assert len(shop.asked) == 1


def test_no_refusal_repeats_the_token(shop):
    shop.answers(failed("ACCESS_DENIED"), (401, {}, {"errors": graph.TOKEN}))
    for _ in range(2):
        assert graph.TOKEN not in str(refused(shop))


def test_two_shops_at_once_never_mix_tokens(mock):
    def echo(request):
        shop, token = request.url.split("/")[2], request.headers["X-Shopify-Access-Token"]
        return 200, {}, json.dumps({"data": {"shop": shop, "token": token}})

    origins = [f"https://shop-{number}.myshopify.com" for number in range(4)]
    for origin in origins:
        url = f"{origin}/admin/api/2026-10/graphql.json"
        mock.add_callback(responses.POST, url, callback=echo)
    http = Http()
    apis = [AdminApi(http, origin, f"token of {origin}") for origin in origins]

    def ask(number):
        return json.loads(apis[number % 4].ask("shop", {}).data)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(80)))
    for number, answer in enumerate(told):
        assert answer["token"] == f"token of {origins[number % 4]}"
        assert answer["shop"] in origins[number % 4]
