"""What recommendations bring, by the API: the admin's figures, as described."""

from connector.core import clock
from connector.core.clock import local_date
from connector.rooms.recommend.learning import store
from tests.web.test_api import acme, refusal

__all__ = ["acme"]
PATH = "/recommendations/lift"


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
