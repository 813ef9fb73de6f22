"""The REST API: described as it is, one shop a key, changes once a key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from connector.core import clock
from connector.rooms.points.models import points_adjustment
from connector.shops import api_keys, team
from connector.shops import service as shops
from connector.web.api import members, orders, points
from tests.flows.service import LONG_AGO
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.schema import operations, problems

DONATION = {
    "id": 6,
    "name": "Donation",
    "total": "2.50",
    "meta_data": [{"key": "_perennial_donation", "value": "riverbank"}],
}
PAID = {**WOO_ORDER, "fee_lines": [DONATION], "billing": {"email": "mia@customers.example"}}


class Api:
    """One shop's API as its holder sees it."""

    def __init__(self, service, shop):
        self.shop, self._service = shop, service
        self.key = service.api_key(shop)

    def ask(self, path, method="GET", key=None, **sending):
        headers = {"Authorization": f"Bearer {key or self.key}", **sending.pop("headers", {})}
        return self._service.http.open(f"/api/v1{path}", method=method, headers=headers, **sending)

    def get(self, path, **query):
        answer = self.ask(path, query_string=query or None)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def adjust(self, member, points, key="k1", reason="a gift"):
        return self.ask(
            f"/members/{member}/adjustments",
            "POST",
            json={"points": points, "reason": reason},
            headers={"Idempotency-Key": key},
        )


@pytest.fixture
def acme(service):
    """Acme with one paid order of Mia's, its points usable, a donation and a product."""
    shop = service.install("woocommerce", "https://acme.example")
    service.publish(shop, LONG_AGO, hold_days=0)
    woocommerce(service, shop, PAID)
    service.work(["drain"])
    return Api(service, shop)


@pytest.fixture
def mia(acme):
    return acme.get("/members", customer_key="7")["members"][0]["id"]


@pytest.fixture
def rival(service):
    """Another shop, with the very same keys and ids."""
    shop = service.install("woocommerce", "https://rival.example")
    woocommerce(service, shop, PAID, delivery="theirs")
    service.work(["drain"])
    return Api(service, shop)


def refusal(answer):
    told = answer.get_json()
    assert {"code", "message", "request_id"} <= set(told) <= {
        "code", "message", "request_id", "field"
    }  # fmt: skip
    return answer.status_code, told["code"]


def paths(mia):
    """One real call of every operation."""
    return [
        ("listMembers", "/members", "/members"),
        ("by e-mail", "/members?email=mia@customers.example", "/members"),
        ("by key", "/members?customer_key=7", "/members"),
        ("getMember", f"/members/{mia}", "/members/{member_id}"),
        ("entries", f"/members/{mia}/entries", "/members/{member_id}/entries"),
        ("order", "/orders/1", "/orders/{key}"),
        ("diagnosis", "/orders/1/diagnosis", "/orders/{key}/diagnosis"),
        ("request", "/orders/1/request", "/orders/{key}/request"),
    ]


def test_every_answer_is_what_the_description_says(acme, mia):
    api = acme.get("/openapi.json")
    told = [one["summary"] for path in api["paths"].values() for one in path.values()]
    assert not [one for one in told if "\n " in one]
    assert api["openapi"] == "3.1.0"
    called = set()
    acme.adjust(mia, 5)
    for name, path, template in paths(mia):
        schema = api["paths"][template]["get"]["responses"]["200"]["content"]
        told = acme.get(path)
        assert problems(told, schema["application/json"]["schema"], api) == [], name
        called.add(("get", template))
    template = "/members/{member_id}/adjustments"
    post = api["paths"][template]["post"]
    schema = post["responses"]["200"]["content"]["application/json"]["schema"]
    assert problems(acme.adjust(mia, 5, "k2").get_json(), schema, api) == []
    refused = post["responses"]["default"]["content"]["application/json"]["schema"]
    assert problems(acme.adjust(mia, 0, "k3").get_json(), refused, api) == []
    called.add(("post", template))
    for verb in ("repair", "request"):
        done = acme.ask(f"/orders/1/{verb}", "POST", headers={"Idempotency-Key": verb})
        template = f"/orders/{{key}}/{verb}"
        schema = api["paths"][template]["post"]["responses"]["200"]["content"]["application/json"]
        assert problems(done.get_json(), schema["schema"], api) == []
        called.add(("post", template))
    own = (members, points, orders)  # each other subject has its own test
    assert called == {named for subject in own for named in operations(subject.OPERATIONS)}


def test_the_description_names_every_route(service):
    served = {
        (method, str(rule))
        for rule in service.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
        if str(rule).startswith("/api/v1/")
    }
    api = service.http.get("/api/v1/openapi.json").get_json()
    described = {
        (method.upper(), "/api/v1" + path.replace("{", "<").replace("}", ">"))
        for path, methods in api["paths"].items()
        for method in methods
    }
    assert served - described == {("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/docs")}
    assert described <= served
    assert service.http.get("/api/v1/docs").status_code == 200


def test_what_a_key_shows(acme, mia):
    member = acme.get(f"/members/{mia}")
    assert member["customer_key"] == "7"
    assert member["email"] == "mia@customers.example"
    assert (member["available"], member["pending"], member["debt"]) == (20, 0, 0)
    (entry,) = acme.get(f"/members/{mia}/entries")["entries"]
    assert (entry["kind"], entry["points"], entry["order"]) == ("earned", 20, "1")
    order = acme.get("/orders/1")
    assert order["points"] == order["available"] == 20
    assert order["donations"] == [
        {
            "cause": "riverbank",
            "given": {"minor": 250, "currency": "USD"},
            "pledged": {"minor": 0, "currency": "USD"},
            "due": {"minor": 250, "currency": "USD"},
        }
    ]
    assert acme.get("/orders/1/diagnosis")["reason"] == "earned"
    once = {"Idempotency-Key": "repair"}
    repaired = acme.ask("/orders/1/repair", "POST", headers=once)
    assert repaired.get_json() == acme.get("/orders/1/diagnosis")


def test_a_key_of_another_shop_finds_nothing(acme, rival, mia):
    others = {one["id"] for one in rival.get("/members")["members"]}
    assert mia not in others
    for _, path, _ in paths(mia)[3:5]:
        assert refusal(rival.ask(path)) == (404, "member_not_found")
    assert refusal(rival.adjust(mia, 5)) == (404, "member_not_found")
    assert acme.get(f"/members/{mia}")["available"] == 20
    other = rival.get("/orders/1")
    assert other["member_id"] in others


@pytest.mark.parametrize("key", ["", "pk_" + "0" * 64, "é", "Bearer", "pk_\x00"])
def test_what_is_no_key_opens_nothing(acme, mia, key):
    for name, path, _ in paths(mia):
        answer = acme.ask(path, headers={"Authorization": f"Bearer {key}"})
        assert refusal(answer) == (401, "invalid_api_key"), name
    for header in ("Basic abc", acme.key, f"bearer{acme.key}", ""):
        answer = acme.ask("/members", headers={"Authorization": header})
        assert refusal(answer) == (401, "invalid_api_key")


def test_a_revoked_key_opens_nothing(service, acme):
    with service.database.write() as db:
        (row,) = api_keys.every(db, acme.shop.id)
        api_keys.revoke(db, acme.shop.id, row.id, clock.now())
    assert refusal(acme.ask("/members")) == (401, "invalid_api_key")


def test_answers_are_nobodys_to_keep(acme, mia):
    for _, path, _ in paths(mia):
        assert acme.ask(path).headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/members/0", 404, "member_not_found"),
        ("/members/abc", 404, "member_not_found"),
        ("/members/" + "9" * 30, 404, "member_not_found"),
        ("/members/9223372036854775808", 404, "member_not_found"),
        ("/members/١٢٣", 404, "member_not_found"),
        ("/members?email=nobody@customers.example", 404, "member_not_found"),
        ("/members?customer_key=none", 404, "member_not_found"),
        ("/members?limit=0", 422, "invalid_parameter"),
        ("/members?limit=201", 422, "invalid_parameter"),
        ("/members?limit=x", 422, "invalid_parameter"),
        ("/members?before=x", 422, "invalid_parameter"),
        ("/members?before=9223372036854775808", 422, "invalid_parameter"),
        ("/members?customer_key=%00", 400, "invalid_text"),
        ("/members?email=a%00b", 400, "invalid_text"),
        ("/orders/none", 404, "order_not_found"),
        ("/orders/%00", 400, "invalid_text"),
        ("/orders/%ED%A0%80", 404, "order_not_found"),
        ("/orders/none/diagnosis", 404, "order_not_found"),
        ("/nothing", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said_so(acme, path, status, code):
    assert refusal(acme.ask(path)) == (status, code)


def test_members_come_page_by_page(service, acme):
    for number in range(2, 7):
        woocommerce(service, acme.shop, {**PAID, "id": number, "customer_id": number + 100})
    service.work(["drain"])
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = acme.get("/members", limit=2, **before)
        seen += [one["customer_key"] for one in page["members"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert sorted(seen) == ["102", "103", "104", "105", "106", "7"]


def test_an_adjustment_is_made_once_for_each_key(acme, mia):
    first, again = acme.adjust(mia, 30), acme.adjust(mia, 30)
    assert first.get_json() == again.get_json()
    assert first.get_json()["available"] == 50
    assert acme.adjust(mia, 30, "k2").get_json()["available"] == 80
    assert acme.adjust(mia, -80, "k3").get_json()["available"] == 0
    assert acme.adjust(mia, 30).get_json() == first.get_json()
    assert acme.get(f"/members/{mia}")["available"] == 0


def test_an_adjustment_names_the_key_that_made_it(service, acme, mia):
    acme.adjust(mia, 30)
    with service.database.read() as db:
        (key,) = api_keys.every(db, acme.shop.id)
        assert db.scalar(select(points_adjustment.c.made_by)) == f"api:{key.id}"


def test_a_program_gives_no_more_than_one_person_may(service, acme, mia):
    with service.database.write() as db:
        team.set_limit(db, acme.shop.business_id, 100)
    assert acme.adjust(mia, 101).status_code == 200  # one person: there is nobody to ask
    with service.database.write() as db:
        shops.staff_for(db, acme.shop.business_id, "9", clock.now())
    assert refusal(acme.adjust(mia, 101, "k2")) == (403, "approval_needed")
    assert acme.adjust(mia, 100, "k3").status_code == 200
    assert refusal(acme.adjust(mia, -101, "k4")) == (403, "approval_needed")
    assert acme.adjust(mia, -100, "k5").status_code == 200
    assert acme.get(f"/members/{mia}")["available"] == 121


def test_the_same_key_at_the_same_moment_is_once(service, acme, mia):
    together = Barrier(8)

    def adjust(_):
        together.wait()
        return acme.adjust(mia, 30)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(adjust, range(8)))
    assert [one.status_code for one in answers] == [200] * 8
    assert len({one.text for one in answers}) == 1
    assert acme.get(f"/members/{mia}")["available"] == 50
    assert service.audit(acme.shop) == []


def test_the_last_points_are_taken_once(service, acme, mia):
    together = Barrier(8)

    def take(number):
        together.wait()
        return acme.adjust(mia, -20, f"take {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [200] + [409] * 7
    assert acme.get(f"/members/{mia}")["available"] == 0
    assert service.audit(acme.shop) == []


def test_a_key_belongs_to_its_shop(acme, rival, mia):
    """Two shops may use the same Idempotency-Key."""
    (theirs,) = rival.get("/members")["members"]
    acme.adjust(mia, 30)
    assert rival.adjust(theirs["id"], 7).get_json()["points"] == 7
