"""The API of who somebody is: merged and two again, blocked, with days and wishes; files."""

import pytest

from connector.core import clock
from connector.core.commerce import Customer, Person
from connector.members import preferences
from connector.members.preferences import Question
from tests.web.test_api import acme, mia

__all__ = ["acme", "mia"]
TEA = Question(1, {"en": "Tea?"}, {1: {"en": "Yes"}, 2: {"en": "No"}})


def ask(acme, method, path, body=None, status=200, key="k1"):
    sending = {} if body is None else {"json": body}
    answer = acme.ask(path, method, headers={"Idempotency-Key": key}, **sending)
    assert answer.status_code == status, answer.text
    return answer.get_json()


@pytest.fixture
def noor(acme):
    with acme._service.database.write() as db:
        person = Person("noor@x.example", "Noor")
        members = acme._service.runtime.members
        members.record(db, acme.shop.id, [Customer("8", person, clock.now())], clock.now())
        return str(members.by_customer_key(db, acme.shop.id, "8"))


def test_two_members_become_one_and_two_again(acme, mia, noor):
    told = ask(acme, "POST", f"/members/{noor}/merges", {"gone_id": mia})
    acme._service.work(["drain"])
    (one,) = told["merges"]
    assert (one["gone_id"], one["cause"], one["was"], one["can_undo"]) == (
        mia,
        "merchant",
        "member",
        True,
    )
    assert acme.get(f"/members/{mia}")["id"] == noor
    assert acme.get(f"/members/{noor}")["available"] == 20
    again = ask(acme, "POST", f"/members/{noor}/merges", {"gone_id": mia}, key="k2")
    assert again == told
    wrong = ask(acme, "DELETE", f"/members/{noor}/merges/7", status=404, key="k3")
    assert wrong["code"] == "merge_not_found"
    ask(acme, "DELETE", f"/members/{noor}/merges/{mia}", key="k4")
    acme._service.work(["drain"])
    assert acme.get(f"/members/{mia}")["available"] == 20
    assert acme.get(f"/members/{noor}")["available"] == 0
    wrong = ask(acme, "POST", f"/members/{noor}/merges", {"gone_id": "x"}, 422, "k5")
    assert wrong["field"] == "gone_id"
    wrong = ask(acme, "POST", f"/members/{noor}/merges", {"gone_id": noor}, 409, "k6")
    assert wrong["code"] == "same_member"


def test_a_block_has_a_reason(acme, mia):
    assert (
        ask(acme, "PUT", f"/members/{mia}/block", {"reason": ""}, 422)["code"] == "reason_length"
    )
    told = ask(acme, "PUT", f"/members/{mia}/block", {"reason": "fraud"}, key="k2")
    assert told["is_blocked"] is True
    assert acme.get(f"/members/{mia}")["blocked_at"] is not None
    told = ask(acme, "DELETE", f"/members/{mia}/block", key="k3")
    assert (told["is_blocked"], told["blocks"][0]["reason"]) == (False, "fraud")
    assert acme.get(f"/members/{mia}/block") == told


def test_days_are_set_and_removed(acme, mia):
    path = f"/members/{mia}/occasions"
    assert (
        ask(acme, "PUT", f"{path}/birthday", {"month_day": "02-30"}, 422)["code"] == "occasion_day"
    )
    assert ask(acme, "PUT", f"{path}/Bad!", {"month_day": "02-03"}, 422)["code"] == "occasion_name"
    unknown = ask(acme, "PUT", f"{path}/nope", {"month_day": "02-03"}, 422)
    assert (unknown["code"], acme.get(path)) == ("occasion_unknown", {"occasions": []})
    told = ask(acme, "PUT", f"{path}/birthday", {"month_day": "02-29"}, key="k2")
    (one,) = told["occasions"]
    assert (one["month_day"], one["greet_at"]) == ("02-29", None)
    assert acme.get(path) == told
    wanted = {"month_day": "02-29", "greet": True}
    (one,) = ask(acme, "PUT", f"{path}/birthday", wanted, key="k4")["occasions"]
    assert one["greet_at"] is not None
    assert ask(acme, "DELETE", f"{path}/birthday", key="k3") == {"occasions": []}


def test_wishes_are_told_and_counted(acme, mia):
    with acme._service.database.write() as db:
        preferences.ask(db, acme.shop.id, [TEA], clock.now())
    path = f"/members/{mia}/preferences"
    wrong = ask(acme, "PUT", path, {"answers": {"1": 9}}, 422)
    assert wrong["code"] == "no_such_choice"
    assert ask(acme, "PUT", path, {"answers": {"x": 1}}, 422)["code"] == "no_such_choice"
    assert ask(acme, "PUT", path, {"answers": {"1": 2}}, key="k2") == {"answers": {"1": 2}}
    (question,) = acme.get("/preferences")["questions"]
    assert [one["members"] for one in question["choices"]] == [0, 1]
    assert acme.get(path) == {"answers": {"1": 2}}


def test_the_questions_are_asked_by_the_api(acme, mia):
    tea = {
        "number": 1,
        "texts": {"en": "Which tea?"},
        "choices": {"1": {"en": "Green"}, "2": {"en": "Black"}},
    }
    told = ask(acme, "PUT", "/preferences", {"questions": [tea]})
    assert told == acme.get("/preferences")
    (question,) = told["questions"]
    assert [one["texts"]["en"] for one in question["choices"]] == ["Green", "Black"]
    for wrong, code in (({"9": {"en": "No"}}, "choice_number"), ({}, "choices_count")):
        wanted = {"questions": [tea | {"choices": wrong}]}
        assert ask(acme, "PUT", "/preferences", wanted, 422, key=f"k-{code}")["code"] == code
    assert ask(acme, "PUT", "/preferences", {"questions": []}, key="k3") == {"questions": []}


def test_a_member_tells_consent_and_tags(acme, noor):
    with acme._service.database.write() as db:
        news = Customer(
            "8", Person("noor@x.example", "Noor"), clock.now(), tags=("vip",), email_verified=True
        )
        acme._service.runtime.members.record(db, acme.shop.id, [news], clock.now())
    told = acme.get(f"/members/{noor}")
    assert (told["tags"], told["email_verified"], told["accepts_marketing"]) == (
        ["vip"],
        True,
        None,
    )


def test_a_file_is_sent_checked_and_taken(acme, mia):
    lines = "customer_id,points\n7,5\n7,6\n"
    answer = acme.ask("/imports?from=Old+club", "POST", data=lines)
    assert answer.status_code == 202, answer.text
    job = answer.get_json()["id"]
    path = f"/imports/{job}"
    assert ask(acme, "POST", f"{path}/take", status=409)["code"] == "import_not_checked"
    acme._service.work(["exchange"])
    told = acme.get(path)
    assert (told["step"], told["report"]["matched"], told["report"]["refused"]) == (
        "checked",
        1,
        1,
    )
    ask(acme, "POST", f"{path}/take", key="k2")
    acme._service.work(["exchange"])
    assert acme.get(path)["step"] == "done"
    assert acme.get(f"{path}/problems")["problems"] == [
        {"line": 3, "field": "customer_key", "code": "duplicate_member"}
    ]
    assert acme.get(f"/members/{mia}")["available"] == 25
    told = acme.get(f"/members/{mia}/entries")["entries"]
    assert ("brought", 5, "Old club") in [
        (one["kind"], one["points"], one["note"]) for one in told
    ]
    assert [one["id"] for one in acme.get("/imports")["imports"]] == [job]
    assert acme.ask("/imports/7").status_code == acme.ask("/imports/x").status_code == 404
    assert acme.ask("/imports?layout=x", "POST", data="email\na@b.c\n").status_code == 422
    assert acme.ask("/imports?keys=mine", "POST", data="email\na@b.c\n").status_code == 422
    assert acme.ask("/imports", "POST", data="shoe\n7\n").status_code == 422
    assert acme.ask("/imports", "POST", key="pk_x", data="email\na@b.c\n").status_code == 401


def test_everything_is_taken_out(acme):
    answer = acme.ask("/exports/members.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="members.csv"'
    assert len(answer.text.splitlines()) == 2
    for name in (
        "entries.json",
        "orders.csv",
        "programs.json",
        "redemptions.csv",
        "referrals.json",
        "tiers.csv",
        "giving.csv",
        "everything.zip",
    ):
        assert acme.ask(f"/exports/{name}").status_code == 200
    for name in ("shoes.csv", "members.xls", "members.zip", "everything.csv", "members", ".csv"):
        assert acme.ask(f"/exports/{name}").status_code == 404
    assert acme.ask("/exports/members.csv", key="pk_x").status_code == 401
