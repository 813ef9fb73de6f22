"""Giving by the API: from a cause's papers to the receipt, as described."""

import csv
import io
from typing import Any

import pytest

from connector.core import clock
from connector.rooms.giving import remitting
from connector.rooms.giving.accounts.log import Search
from connector.web import statements
from connector.web.api import donations, giving, remittances
from tests.web.schema import operations, problems
from tests.web.test_api import acme, mia, refusal, rival

__all__ = ["acme", "mia", "rival"]
PAPERS = {
    "name": "Riverbank",
    "registration": "1048",
    "country": "DE",
    "payee": "Riverbank e.V.",
    "agreement": "C-7",
    "agreed_on": "2026-10-01",
}
SHARE = {
    "name": "Five for the river",
    "currency": "USD",
    "terms": {"kind": "share", "percent_bps": 500},
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2099-01-01T00:00:00Z",
    "minimum_minor": 0,
    "cap_minor": 100_000,
}
_calls = iter(range(10_000))


def send(api, path, body=None, method="POST"):
    headers = {"Idempotency-Key": f"k{next(_calls)}"}
    return api.ask(path, method, json=body if body is not None else {}, headers=headers)


def done(answer):
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@pytest.fixture
def cause(acme):
    """Riverbank's id; it has its papers, and 2.50 of Mia's."""
    (one,) = acme.get("/causes")["causes"]
    return done(send(acme, f"/causes/{one['id']}", PAPERS, "PUT"))["id"]


def test_a_programme_is_drafted_lacks_its_cause_and_is_published_with_its_words(acme, cause):
    past = done(send(acme, "/giving/programmes", SHARE))
    assert past["missing"] == ["starts_at", "causes"]
    assert "begin on a day that is over" in past["reasons"]["starts_at"]
    now = {"starts_at": clock.now().isoformat()}
    made = done(send(acme, "/giving/programmes", SHARE | now))
    assert (made["state"], made["missing"]) == ("draft", ["causes"])
    where = f"/giving/programmes/{made['id']}"
    answer = send(acme, f"{where}/publication")
    assert refusal(answer) == (422, "publish_refused")
    assert answer.get_json()["field"] == "causes"
    done(send(acme, where, SHARE | now | {"causes": [{"cause_id": cause}]}, "PUT"))
    told = done(send(acme, f"{where}/publication"))
    assert (told["state"], told["kind"], told["missing"]) == ("live", "share", [])
    assert "5%" in told["disclosures"]["en"]
    assert set(told["disclosures"]) == {"en", "ar", "zh-Hant"}
    assert all("{" not in text for text in told["disclosures"].values())
    assert refusal(send(acme, where, SHARE, "PUT")) == (409, "programme_published")
    assert done(send(acme, f"{where}/closing"))["state"] == "closed"
    api = acme.ask("/openapi.json").get_json()
    schema = api["paths"]["/giving/programmes"]["get"]["responses"]["200"]["content"]
    listed = acme.get("/giving/programmes")
    assert problems(listed, schema["application/json"]["schema"], api) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"terms": {"kind": "share", "percent_bps": 10_001}}, "amount_range"),
        ({"terms": {"kind": "lottery"}}, "invalid_field"),
        ({"currency": "XXX"}, "unknown_currency"),
        ({"causes": [{"cause_id": "7"}]}, "cause_not_found"),
        ({"campaign_id": "7"}, "campaign_not_found"),
        ({"starts_at": "2026-01-01T00:00:00"}, "time_format"),
        ({"cap_minor": -1}, "amount_range"),
    ],
)
def test_what_cannot_be_meant_is_refused(acme, change, code):
    assert refusal(send(acme, "/giving/programmes", SHARE | change))[1] == code


def test_money_goes_from_ready_to_receipted(acme, cause):
    day = clock.now().date().isoformat()
    (waiting,) = acme.get("/remittances")["waiting"]
    assert waiting["ready"] == {"minor": 250, "currency": "USD"}
    wanted = {"cause_id": cause, "currency": "USD", "through": "2026-01-31"}
    made = send(acme, "/remittances", wanted | {"through": ""})
    if made.status_code == 409:  # the gift is of today
        made = send(acme, "/remittances", wanted | {"through": day})
    where = f"/remittances/{done(made)['id']}"
    done(send(acme, where, method="DELETE"))
    where = f"/remittances/{done(send(acme, '/remittances', wanted | {'through': day}))['id']}"
    done(send(acme, f"{where}/approval"))
    assert refusal(send(acme, where, method="DELETE")) == (409, "batch_state")
    done(send(acme, f"{where}/payment", {"reference": "RF18", "sent_on": day}))
    told = done(send(acme, f"{where}/receipt", {"receipt": "2026/77"}))
    assert (told["state"], told["net"]["minor"], told["fee"]["minor"]) == ("receipted", 250, 0)
    assert acme.get(where) == told
    assert refusal(send(acme, "/remittances", wanted | {"through": day}))[1] == "nothing_to_remit"


def test_a_statement_says_every_line_and_who_owes_whom(acme, cause):
    shop_id, now = acme.shop.id, clock.now()
    day = now.date().isoformat()
    database = acme._service.database
    with database.write() as db:
        batch = remitting.lock(db, shop_id, int(cause), "USD", by="staff:1", now=now, through=day)
    with database.read() as db:
        told = b"".join(statements.of_batch(db, shop_id, batch)).decode("utf-8-sig")
        log = b"".join(statements.of_log(db, shop_id, Search())).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(told)))
    assert rows[0] == list(statements.BATCH)
    assert rows[1][4:] == ["2.50", "0.00", "2.50", "USD"]
    assert [row[0] for row in rows[2:]] == [
        *("gross", "matched", "refunded", "fee", "net"),
        *("shop", "cause", "payee", "state", "reference"),
    ]
    assert rows[6][6] == "2.50"
    assert [row[3] for row in rows[7:]] == [
        "Acme",
        "Riverbank",
        "Riverbank e.V.",
        "reconciled",
        "",
    ]
    assert len(list(csv.reader(io.StringIO(log)))) == 2


def test_the_log_is_searched_and_a_member_chooses(acme, cause, mia):
    (one,) = acme.get("/donations")["donations"]
    assert (one["kind"], one["due"]["minor"], one["member_id"]) == ("gift", 250, mia)
    assert acme.get("/donations", kind="match")["donations"] == []
    assert acme.get("/donations", cause_id=cause, order=one["order"])["donations"] == [one]
    since = {"since": "2020-01-01T00:00:00Z", "state": "due", "member_id": mia}
    assert acme.get("/donations", **since)["donations"] == [one]
    assert acme.get("/donations", state="locked")["donations"] == []
    assert acme.get("/donations", until="2020-01-01T00:00:00Z")["donations"] == []
    for wrong in (
        {"state": "lost"},
        {"kind": "bogus"},
        {"since": "2020-01-01"},
        {"until": "soon"},
    ):
        assert acme.ask("/donations", query_string=wrong).status_code == 422
    reeds, elms = (done(send(acme, "/causes", {"name": name}))["id"] for name in ("Reeds", "Elms"))
    told = done(send(acme, f"/members/{mia}/cause", {"cause_id": elms}, "PUT"))
    assert (told["cause_id"], told["donations"]) == (elms, [one])
    closed = {"state": "closed"}
    assert done(send(acme, f"/causes/{elms}/state", closed, "PUT"))["is_closed"]
    assert acme.get(f"/members/{mia}/giving")["cause_id"] == reeds
    assert refusal(send(acme, f"/causes/{reeds}/state", closed, "PUT"))[1] == "cause_is_default"


def test_a_campaign_is_told_by_states(acme, cause):
    goal: dict[str, Any] = {"names": {"en": "Trees 2026"}, "currency": "USD", "goal_minor": 5000}
    made = done(send(acme, "/giving/campaigns", goal))
    assert (made["key"], made["progress"]["paid"]["minor"]) == ("trees-2026", 0)
    assert acme.get("/giving/campaigns")["campaigns"] == [made]
    where = "/giving/campaigns/trees-2026"
    more = goal | {"goal_minor": goal["goal_minor"] + 500}
    changed = done(send(acme, where, more, "PUT"))
    assert changed["goal"]["minor"] == more["goal_minor"]
    assert refusal(send(acme, where, more | {"currency": "EUR"}, "PUT")) == (422, "currency_stays")
    assert refusal(send(acme, "/giving/campaigns/none", more, "PUT")) == (
        404,
        "campaign_not_found",
    )
    assert done(send(acme, f"{where}/closing"))["is_closed"]


def test_a_goal_lists_its_givers_or_nobody(acme, rival):
    goal = {"names": {"en": "Trees"}, "currency": "USD", "goal_minor": 5000}
    assert done(send(acme, "/giving/campaigns", goal))["lists_givers"] is False
    where = "/giving/campaigns/trees/givers"
    for is_on in (True, False):
        told = done(send(acme, where, {"lists_givers": is_on}, "PUT"))
        assert told["lists_givers"] is is_on
        assert acme.get("/giving/campaigns")["campaigns"] == [told]
    assert refusal(send(acme, where, {"lists_givers": "yes"}, "PUT"))[1] == "invalid_field"
    assert refusal(send(acme, where, {}, "PUT"))[1] == "field_missing"
    assert refusal(send(rival, where, {"lists_givers": True}, "PUT"))[0] == 404


def test_another_shops_things_are_not_there(acme, rival, cause):
    for path in (f"/causes/{cause}", f"/giving/programmes/{cause}", f"/remittances/{cause}"):
        method = "PUT" if "causes" in path else "GET"
        answer = send(rival, path, PAPERS, method) if method == "PUT" else rival.ask(path)
        assert answer.status_code == 404


def test_every_operation_is_described(acme):
    api = acme.get("/openapi.json")
    told = {(method, path) for path, ways in api["paths"].items() for method in ways}
    for table in (giving.OPERATIONS, donations.OPERATIONS, remittances.OPERATIONS):
        assert operations(table) <= told
    names = [one["operationId"] for ways in api["paths"].values() for one in ways.values()]
    assert len(names) == len(set(names))
