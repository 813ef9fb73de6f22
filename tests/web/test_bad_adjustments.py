"""Bad bodies of the one change the API makes, by the numbers of the list of bad inputs (5.4)."""

import gzip
import json

import pytest

from tests.flows.service import LONG_AGO
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.test_api import Api, refusal

GOOD = b'{"points": 5, "reason": "a gift"}'


@pytest.fixture
def acme(service):
    """A shop whose member Mia has twenty points."""
    shop = service.install("woocommerce", "https://acme.example")
    service.publish(shop, LONG_AGO, hold_days=0)
    woocommerce(service, shop, WOO_ORDER)
    service.work(["drain"])
    return Api(service, shop)


@pytest.fixture
def post(service, acme):
    """Post a body; afterwards nothing may have been booked unless the answer is 200."""
    (mia,) = acme.get("/members")["members"]

    def send(body, member=mia["id"], key="k1", mimetype="application/json", **headers):
        told = {"Idempotency-Key": key, "Content-Type": mimetype, **headers}
        told = {name: value for name, value in told.items() if value is not None}
        path = f"/members/{member}/adjustments"
        before = service.entries(acme.shop)
        answer = acme.ask(path, "POST", data=body, headers=told)
        assert service.entries(acme.shop) - before == (answer.status_code == 200)
        assert service.audit(acme.shop) == []
        return answer

    return send


@pytest.mark.parametrize(
    ("points", "status", "code"),
    [
        pytest.param("0", 422, "amount_range", id="45 nothing"),
        pytest.param("1.5", 422, "integer_required", id="46 a fraction"),
        pytest.param('"10"', 422, "integer_required", id="46 a text"),
        pytest.param("true", 422, "integer_required", id="46 a truth"),
        pytest.param("null", 422, "integer_required", id="46 null"),
        pytest.param("[5]", 422, "integer_required", id="46 a list"),
        pytest.param("5.0", 422, "integer_required", id="46 a float that is whole"),
        pytest.param("9223372036854775808", 422, "amount_range", id="47 2^63"),
        pytest.param("1" + "0" * 30, 422, "amount_range", id="47 10^30"),
        pytest.param("-" + "1" + "0" * 30, 422, "amount_range", id="47 -10^30"),
        pytest.param("1000000001", 422, "amount_range", id="47 above the limit"),
        pytest.param("NaN", 400, "invalid_json", id="48 NaN"),
        pytest.param("Infinity", 400, "invalid_json", id="48 infinity"),
        pytest.param("1e400", 400, "invalid_json", id="48 1e400"),
        pytest.param("1" * 5000, 400, "invalid_json", id="48 five thousand digits"),
        pytest.param("05", 400, "invalid_json", id="48 a leading zero"),
        pytest.param("٥", 400, "invalid_json", id="48 another script's digit"),
        pytest.param("-21", 409, "insufficient_points", id="55 more than there is"),
    ],
)
def test_points_are_whole_and_in_range(post, points, status, code):
    body = f'{{"points": {points}, "reason": "a gift"}}'
    assert refusal(post(body.encode())) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"points": 5, "points": 6, "reason": "x"}', 400, "invalid_json", id="49"),
        pytest.param(b'{"a":' * 6000 + b"1" + b"}" * 6000, 400, "invalid_json", id="50 deep"),
        pytest.param(b'{"a":' * 34 + b"1" + b"}" * 34, 400, "invalid_json", id="50 35 deep"),
        pytest.param(b"[" * 100_000, 413, "too_large", id="50 100,000 deep is too large first"),
        pytest.param(b'{"points":5,"reason":"\\ud800"}', 400, "invalid_text", id="51 surrogate"),
        pytest.param(b'{"points":5,"reason":"a\\u0000"}', 400, "invalid_text", id="51 NUL"),
        pytest.param(b'{"points":5,"reason":"\xff"}', 400, "invalid_json", id="51 no UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, 400, "invalid_json", id="a byte order mark"),
        pytest.param(GOOD.decode().encode("utf-16"), 400, "invalid_json", id="UTF-16"),
        pytest.param(b" ", 400, "invalid_json", id="nothing"),
        pytest.param(GOOD + b"x", 400, "invalid_json", id="more than one text"),
        pytest.param(b"[]", 422, "invalid_field", id="an array"),
        pytest.param(b"{}", 422, "field_missing", id="an empty one"),
        pytest.param(b'{"points": 5}', 422, "field_missing", id="no reason"),
        pytest.param(b'{"points": 5, "reason": ""}', 422, "reason_length", id="empty reason"),
        pytest.param(b'{"points": 5, "reason": "  "}', 422, "reason_length", id="blank reason"),
        pytest.param(b'{"points": 5, "reason": 5}', 422, "invalid_field", id="no text"),
        pytest.param(
            b'{"points": 5, "reason": "x", "balance": 1}', 422, "unknown_field", id="59"
        ),
    ],
)  # fmt: skip
def test_a_body_has_one_meaning_or_none(post, body, status, code):
    assert refusal(post(body)) == (status, code)


def test_a_reason_has_two_hundred_letters_at_most(post):
    def reason(letters):
        return json.dumps({"points": 1, "reason": "ä" * letters}).encode()

    assert refusal(post(reason(201))) == (422, "reason_length")
    assert post(reason(200)).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(65_535, 200), (65_536, 200), (65_537, 413)])
def test_a_body_has_64_kibibytes_at_most(post, size, status):
    body = GOOD[:-1] + b" " * (size - len(GOOD)) + b"}"
    assert post(body).status_code == status


def test_52_and_53_a_key_is_a_must_and_not_too_long(post):
    assert refusal(post(GOOD, key=None)) == (400, "idempotency_key")
    assert refusal(post(GOOD, key="")) == (400, "idempotency_key")
    assert refusal(post(GOOD, key="k" * 256)) == (400, "idempotency_key")
    assert post(GOOD, key="k" * 255).status_code == 200


def test_54_a_key_stands_for_one_request(service, acme, post):
    assert post(GOOD).status_code == 200
    other = GOOD.replace(b"5", b"6")
    before = service.entries(acme.shop)
    assert refusal(acme.ask("/members/1/adjustments", "POST", data=other, headers={
        "Idempotency-Key": "k1", "Content-Type": "application/json"
    })) == (409, "idempotency_mismatch")  # fmt: skip
    assert refusal(post(other)) == (409, "idempotency_mismatch")
    assert service.entries(acme.shop) == before


def test_what_was_refused_leaves_its_key_free(post):
    assert refusal(post(GOOD.replace(b"5", b"-50"))) == (409, "insufficient_points")
    assert post(GOOD).status_code == 200


@pytest.mark.parametrize("member", ["1", "abc", str(2**63), "-1", "1e3"])
def test_56_nobodys_points_are_not_moved(post, member):
    assert refusal(post(GOOD, member=member)) == (404, "member_not_found")


@pytest.mark.parametrize(
    "mimetype", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]
)
def test_62_a_body_says_that_it_is_json(post, mimetype):
    assert refusal(post(GOOD, mimetype=mimetype)) == (415, "json_required")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_63_a_compressed_body_is_not_unpacked(post, encoding):
    packed = gzip.compress(GOOD)
    assert refusal(post(packed, **{"Content-Encoding": encoding})) == (415, "json_required")


def test_a_body_without_a_length_is_not_read(acme):
    headers = {
        "Transfer-Encoding": "chunked",
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }
    answer = acme.ask("/members/1/adjustments", "POST", headers=headers)
    assert refusal(answer) == (413, "too_large")
