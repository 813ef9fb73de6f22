"""The earning programme over the API: drafts, publishing, withdrawing, coming back."""

from datetime import timedelta
from typing import Any

import pytest

from connector.core import clock
from connector.program import service as programs
from tests.flows.service import LONG_AGO
from tests.flows.test_bad_webhooks import woocommerce
from tests.web.schema import problems
from tests.web.test_api import PAID, Api, refusal

RATES = [{"currency": "USD", "points_each": 2, "per_minor": 100}]
DOUBLE = {
    "id": "tea-week",
    "kind": "multiplier",
    "percent": 200,
    "scope": {"categories": ["Teaware"]},
    "starts_at": "2026-12-01T00:00:00+01:00",
    "caps": {"per_month": 500},
    "labels": {"en": "Double on tea", "zh-Hant": "茶具雙倍"},
}
SPEND = {
    "id": "more",
    "kind": "spend",
    "rates": RATES,
    "minimum": [{"currency": "USD", "minor": 1}],
}


@pytest.fixture
def acme(service):
    return Api(service, service.install("woocommerce", "https://acme.example"))


def send(acme, path, key="k1", method="POST", **body):
    sending = {"json": body} if body or path.endswith("publication") else {}
    return acme.ask(f"/program/{path}", method, headers={"Idempotency-Key": key}, **sending)


def drafted(acme, key="d1", **changes):
    answer = send(acme, "drafts", key, rates=RATES, **changes)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["version"]


def test_every_answer_is_what_the_description_says(acme):
    api = acme.get("/openapi.json")
    version = drafted(acme, rules=[DOUBLE, SPEND], terms={"expiry": "inactivity"})

    def check(answer, path, method="get"):
        assert answer.status_code == 200, answer.text
        told = api["paths"][path][method]["responses"]["200"]["content"]
        assert problems(answer.get_json(), told["application/json"]["schema"], api) == [], path

    check(acme.ask("/program"), "/program")
    check(acme.ask("/program/versions"), "/program/versions")
    one = "/program/versions/{version}"
    check(acme.ask(f"/program/versions/{version}"), one)
    put = send(acme, f"drafts/{version}", "p1", "PUT", rates=RATES, name="Winter")
    check(put, "/program/drafts/{version}", "put")
    later = {"starts_at": (clock.now() + timedelta(days=30)).isoformat()}
    out = send(acme, f"drafts/{version}/publication", "p2", **later)
    check(out, "/program/drafts/{version}/publication", "post")
    check(send(acme, f"versions/{version}/withdrawal", "p3"), f"{one}/withdrawal", "post")
    check(send(acme, "versions/0/return", "p4"), f"{one}/return", "post")
    gone = send(acme, f"drafts/{drafted(acme, 'd2')}", "p5", "DELETE")
    check(gone, "/program/drafts/{version}", "delete")


def test_what_is_sent_is_what_is_kept_and_told(acme, service):
    version = drafted(acme, rules=[DOUBLE, SPEND], hold_days=3, terms={"member_tags": ["staff"]})
    told = acme.get(f"/program/versions/{version}")
    assert told["state"] == "draft"
    assert told["made_by"].startswith("api:")
    first, second = told["program"]["rules"]
    assert {name: first[name] for name in ("percent", "labels")} == {
        name: DOUBLE[name] for name in ("percent", "labels")
    }
    assert first["scope"]["categories"] == ["Teaware"]
    assert first["starts_at"] in ("2026-11-30T23:00:00Z", DOUBLE["starts_at"])
    assert (second["rates"], second["minimum"]) == (RATES, SPEND["minimum"])
    assert told["program"]["terms"]["member_tags"] == ["staff"]
    again = send(acme, f"drafts/{version}", "again", "PUT", **told["program"])
    assert again.get_json()["program"] == told["program"], "what is told can be sent"
    assert acme.get("/program")["version"] == 0, "a draft is not in force"
    published = send(acme, f"drafts/{version}/publication", "out").get_json()
    assert published["state"] == "published"
    assert acme.get("/program")["program"] == told["program"]
    with service.database.read() as db:
        assert programs.newest(db, acme.shop.id).terms.member_tags == ("staff",)


def test_versions_start_end_and_come_back(acme):
    at = clock.now() + timedelta(days=3)
    version = drafted(acme)
    past = send(acme, f"drafts/{version}/publication", "k0", starts_at="2020-01-01T00:00:00Z")
    assert refusal(past) == (422, "starts_past")
    body = {"starts_at": at.isoformat()}
    assert send(acme, f"drafts/{version}/publication", **body).get_json()["state"] == "scheduled"
    assert acme.get("/program")["version"] == 0
    assert refusal(send(acme, f"drafts/{version}", "k2", "DELETE")) == (409, "not_a_draft")
    assert send(acme, f"versions/{version}/withdrawal", "k3").get_json()["state"] == "withdrawn"
    assert refusal(send(acme, f"versions/{version}/withdrawal", "k4")) == (409, "already_started")
    assert refusal(send(acme, f"versions/{version}/return", "k5")) == (409, "never_published")
    send(acme, f"drafts/{drafted(acme, 'd2')}/publication", "k6")
    send(acme, "versions/0/return", "k7")
    assert acme.get("/program")["program"]["rates"][0]["points_each"] == 1
    versions = acme.get("/program/versions")["versions"]
    assert [one["state"] for one in versions] == ["published", "published", "withdrawn"]
    assert refusal(acme.ask("/program/versions/99")) == (404, "version_not_found")
    assert refusal(acme.ask(f"/program/versions/{2**40}")) == (404, "version_not_found")
    assert refusal(acme.ask("/program/versions/x")) == (404, "version_not_found")


REFUSED: list[tuple[dict[str, Any], str, str | None]] = [
    ({"rates": []}, "rate_missing", "points_each"),
    ({"rates": [*RATES, *RATES]}, "rate_doubled", "rates"),
    ({"rules": [{"id": "x", "kind": "gold"}]}, "rule_kind", "rules.0.kind"),
    ({"rules": [{"id": "X!", "kind": "order"}]}, "rule_id", "rules.0.id"),
    ({"rules": [{"id": "x", "kind": "order"}]}, "gift_one", "rules.0.points"),
    (
        {"rules": [{"id": "x", "kind": "order", "reward_id": "7"}]},
        "reward_not_found",
        "rules.0.reward_id",
    ),
    ({"rules": [DOUBLE, DOUBLE]}, "rule_doubled", "rules.1.id"),
    ({"terms": {"expiry": "soon"}}, "expiry", "terms.expiry"),
    ({"rules": [DOUBLE | {"starts_at": "2026-12-01T00:00:00"}]}, "invalid_field", None),
    ({"color": "red"}, "unknown_field", None),
]


def test_what_cannot_be_meant_is_refused_by_field(acme):
    for change, code, field in REFUSED:
        answer = send(acme, "drafts", str(change)[:200], **{"rates": RATES} | change)
        assert refusal(answer) == (422, code), change
        if field:
            assert answer.get_json()["field"] == field
    assert acme.get("/program/versions") == {"versions": []}


def test_another_shops_versions_are_not_there(acme, service):
    rival = Api(service, service.install("woocommerce", "https://rival.example"))
    version = drafted(rival)
    assert refusal(acme.ask(f"/program/versions/{version}")) == (404, "version_not_found")
    assert refusal(send(acme, f"drafts/{version}/publication")) == (404, "version_not_found")


def test_a_diagnosis_names_each_rule_its_part_and_its_reason(acme, service):
    rules = [
        {"id": "twice", "kind": "multiplier", "percent": 200},
        {"id": "thrice", "kind": "multiplier", "percent": 300, "ends_at": "2020-01-01T00:00:00Z"},
        {"id": "first", "kind": "first_order", "points": 75, "caps": {"per_member": 50}},
    ]
    version = drafted(acme, rules=rules)
    with service.database.write() as db:
        programs.publish_draft(db, acme.shop.id, version, LONG_AGO)
    woocommerce(service, acme.shop, PAID)
    service.work(["drain"])
    told = acme.get("/orders/1/diagnosis")
    by_id = {one["rule_id"] or one["kind"]: one for one in told["rules"]}
    assert by_id["twice"]["reason"] == "gave"
    assert by_id["twice"]["sentence"] == "Points × 2 on everything."
    assert by_id["twice"]["earned"] == by_id["rate"]["earned"]
    assert by_id["thrice"]["why"] == "Not on its days."
    assert (by_id["first"]["kept"], by_id["first"]["limit"]) == (50, 50)
    assert by_id["first"]["why"] == "Its limit left 50 points."
    assert told["why"] == "It earned."
    assert told["qualifying"] == told["points"] == sum(one["kept"] for one in told["rules"])
