"""A delivery answered before Flask is answered as Flask would, and everything else is Flask's."""

import json

import pytest
from sqlalchemy.exc import OperationalError

from connector.web import hooks
from tests.fakes import woo_signed
from tests.flows.service import HOOK_SECRET
from tests.flows.test_bad_webhooks import WOO_ORDER

BODY = json.dumps(WOO_ORDER).encode()
LARGE = BODY + b" " * hooks.MAX_BODY_BYTES


class Door:
    """A store's own door, with or without its path in memory."""

    def __init__(self, service):
        self.service = service
        self.shop = service.install("woocommerce", "https://acme.example")
        self.asked: list[int] = []
        service.app.before_request(lambda: self.asked.append(1))
        self.number = 0

    def send(self, body=BODY, *, signed=None, **headers):
        self.number += 1
        told = woo_signed(signed or body, HOOK_SECRET, delivery=f"{self.number:032x}")
        path = f"/hooks/woocommerce/{self.shop.hook_path}"
        return self.service.http.post(path, data=body, headers={**told, **headers})

    def is_flasks(self, *how, **headers):
        """Whether Flask heard of it, and the answer without its request's id."""
        self.asked.clear()
        answer = self.send(*how, **headers)
        told = answer.get_json(silent=True) or {}
        told.pop("request_id", None)
        assert len(answer.headers["X-Request-Id"]) == 16
        named = set(answer.headers.keys()) - {"Content-Type"}
        return bool(self.asked), (answer.status_code, told, named)

    def forget(self):
        self.service.app.extensions["perennial_hooks"]._known.clear()


@pytest.fixture
def door(service):
    return Door(service)


def test_flask_hears_of_the_first_good_delivery_only(door):
    first, as_flask = door.is_flasks()
    second, early = door.is_flasks()
    assert (first, second) == (True, False)
    assert early == as_flask
    assert early[0] == 200
    assert [row.body for row in door.service.inbox(door.shop)] == [BODY, BODY]
    door.service.work(["drain"])
    assert [order.key for order in door.service.orders(door.shop)] == ["1"]


@pytest.mark.parametrize(
    ("body", "more"),
    [
        pytest.param(BODY, {"signed": b"other"}, id="signature"),
        pytest.param(BODY, {"X-WC-Webhook-Signature": ""}, id="no signature"),
        pytest.param(BODY, {"Content-Encoding": "gzip"}, id="encoded"),
        pytest.param(LARGE, {}, id="too large"),
        pytest.param(b"webhook_id=3", {"X-WC-Webhook-Signature": "x"}, id="signed ping"),
    ],
)
def test_what_is_odd_is_refused_as_if_nobody_had_looked(door, body, more):
    cold = door.is_flasks(body, **more)
    door.forget()
    assert door.send().status_code == 200
    warm = door.is_flasks(body, **more)
    assert warm == cold
    assert (warm[0], len(door.service.inbox(door.shop))) == (True, 1)
    assert 400 <= warm[1][0] < 500


def test_what_could_not_be_kept_is_not_said_to_be(door, monkeypatch):
    assert door.send().status_code == 200

    def broken(_received):
        raise OperationalError("INSERT", {}, OSError("disk I/O error"))

    with monkeypatch.context() as during:
        during.setattr(type(door.service.runtime.keeper), "keep", lambda _, one: broken(one))
        told = door.is_flasks()
    assert (told[0], told[1][0], told[1][1]["code"]) == (True, 500, "internal_error")
    assert len(door.service.inbox(door.shop)) == 1


def test_a_store_without_a_secret_takes_nothing(door):
    door.service.app.extensions["perennial_hooks"].put(
        f"/hooks/woocommerce/{door.shop.hook_path}", (door.shop.id, b"")
    )
    assert door.is_flasks()[1][0] == 404
    assert door.service.inbox(door.shop) == []
