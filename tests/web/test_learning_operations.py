"""What recommendations bring, by the API: the admin's figures, as described."""

from connector.core import clock
from connector.core.clock import local_date
from connector.rooms.recommend.learning import store
from connector.web.api import learning
from tests.web.schema import operations, problems
from tests.web.test_api import acme, refusal, rival

__all__ = ["acme", "rival"]
PATH = "/recommendations/lift"
TRIALS = "/recommendations/trials"
ROWS = {"surface": "product", "of": "row", "a": "together", "b": "similar"}


def put(api, body, key="k1"):
    return api.ask(PATH, "PUT", json=body, headers={"Idempotency-Key": key})


def test_a_young_shop_is_told_as_one(acme):
    told = acme.get(PATH)
    assert told["settings"] == {"holdout_percent": 5, "rows_limit": 4}
    assert (told["since"], told["lift"]["verdict"], told["lift"]["added"]) == (None, "young", None)
    assert told["rows"] == told["points"] == told["trials"] == []


def test_a_lift_comes_with_its_interval(acme):
    with acme._service.database.write() as db:
        day = local_date(clock.now(), "UTC")
        for bucket in range(100):
            net = 1000 + bucket % 7 + 500 * (bucket >= 50)
            store.add_bucket(db, acme.shop.id, day, bucket, visits=1, orders=1, net_minor=net)
    lift = acme.get(PATH)["lift"]
    assert lift["verdict"] == "better"
    assert lift["low"]["minor"] < lift["added"]["minor"] < lift["high"]["minor"]
    assert (lift["first"]["visits"], lift["second"]["orders"]) == (50, 50)


def test_settings_are_changed_within_their_limits(acme):
    told = put(acme, {"holdout_percent": 10, "rows_limit": 3}).get_json()
    assert told["settings"] == {"holdout_percent": 10, "rows_limit": 3}
    for number, body in enumerate([{"holdout_percent": 21, "rows_limit": 3}, {"rows_limit": 3}]):
        assert refusal(put(acme, body, f"w{number}"))[0] == 422


def test_two_rows_are_compared_until_it_is_stopped(acme, rival):
    made = post(acme, TRIALS, ROWS, "s1").get_json()
    assert {name: made[name] for name in ROWS} == ROWS
    assert (made["until"], made["lift"]["verdict"]) == (None, "young")
    assert acme.get(PATH)["trials"] == [made]
    assert refusal(post(acme, TRIALS, ROWS, "s2")) == (409, "trial_running")
    stop = f"{TRIALS}/{made['id']}/stop"
    assert refusal(post(rival, stop, None, "r1")) == (404, "trial_not_found")
    over = post(acme, stop, None, "e1").get_json()
    # Stopped before its first day: none of them is to be believed.
    assert (over["id"], over["since"], over["until"]) == (made["id"], None, None)
    assert refusal(post(acme, stop, None, "e2")) == (409, "trial_stopped")
    assert post(acme, TRIALS, ROWS | {"surface": "home", "a": "again", "b": "viewed"}, "s3")


def test_a_trial_of_nothing_is_refused(acme):
    for number, (wrong, code) in enumerate(
        [
            ({"surface": "moon"}, "trial_surface"),
            ({"b": "together"}, "trial_sides"),
            ({"b": "again"}, "trial_sides"),
            ({"of": "method"}, "trial_sides"),
            ({"of": "colour"}, "trial_sides"),
        ]
    ):
        assert refusal(post(acme, TRIALS, ROWS | wrong, f"w{number}")) == (422, code)
    for number, name in enumerate(("x", "0", "12345")):
        answer = post(acme, f"{TRIALS}/{name}/stop", None, f"n{number}")
        assert refusal(answer) == (404, "trial_not_found")
    assert acme.get(PATH)["trials"] == []


def test_every_answer_is_what_the_description_says(acme):
    api = acme.get("/openapi.json")
    made = post(acme, TRIALS, ROWS, "o1").get_json()
    told = {
        ("post", TRIALS): made,
        ("get", PATH): acme.get(PATH),
        ("put", PATH): put(acme, {"holdout_percent": 5, "rows_limit": 4}, "o2").get_json(),
        ("post", f"{TRIALS}/{{trial_id}}/stop"): post(
            acme, f"{TRIALS}/{made['id']}/stop", None, "o3"
        ).get_json(),
    }
    for (method, path), answer in told.items():
        schema = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        assert problems(answer, schema["schema"], api) == [], path
    assert told.keys() == operations(learning.OPERATIONS)


# ------------------------------------------------------------------------------------------------


def post(api, path, body, key):
    return api.ask(path, "POST", json=body, headers={"Idempotency-Key": key})
