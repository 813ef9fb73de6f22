"""Any operation of the API: what it changes, it changes once for each key, whatever its method."""

import msgspec
import pytest
from flask import Blueprint

from connector.core.errors import BadInput
from connector.shops import store as shop_store
from connector.web.api import routes
from connector.web.api.openapi import Operation, describe
from connector.web.body import MAX_BYTES, read_json
from tests.web.test_api import Api, refusal


class Sign(msgspec.Struct):
    name: str
    number: str


class NewName(msgspec.Struct, forbid_unknown_fields=True):
    name: str


def put_name(db, shop, number):
    """Write a name on the door."""
    wanted = read_json(NewName)
    shop_store.change(db, shop.id, name=wanted.name)
    return Sign(wanted.name, number)


def drop_name(db, shop, number):
    """Write nothing on the door."""
    shop_store.change(db, shop.id, name="")
    if not shop.name:
        raise BadInput("no_name", "there is none")
    return Sign(shop.name, number)


def try_name(_db, _shop, number):
    """What the door would look like."""
    return Sign(read_json(NewName).name.upper(), number)


OPERATIONS = (
    Operation("PUT", "/doors/<number>/name", put_name, Sign, body=NewName),
    Operation("DELETE", "/doors/<number>/name", drop_name, Sign),
    Operation("POST", "/doors/<number>/trial", try_name, Sign, body=NewName, changes=False),
)


@pytest.fixture
def acme(service):
    more = Blueprint("more", __name__, url_prefix="/api/v1")
    for operation in OPERATIONS:
        routes.add_to(more, operation)
    service.app.register_blueprint(more)
    return Api(service, service.install("woocommerce", "https://acme.example"))


def change(acme, method, key="k1", path="/doors/7/name", **sending):
    return acme.ask(path, method, headers={"Idempotency-Key": key} if key else {}, **sending)


def name_of(service, acme):
    return service.shop(acme.shop).name


def test_a_change_is_made_once_for_each_key_with_a_body_or_without(service, acme):
    first = change(acme, "PUT", json={"name": "Acme Ceramics"})
    assert first.get_json() == {"name": "Acme Ceramics", "number": "7"}
    dropped = change(acme, "DELETE", "k2")
    assert dropped.get_json() == first.get_json()
    assert change(acme, "DELETE", "k2").get_json() == first.get_json()
    assert change(acme, "PUT", json={"name": "Acme Ceramics"}).get_json() == first.get_json()
    assert name_of(service, acme) == ""
    assert refusal(change(acme, "DELETE", "k3")) == (422, "no_name")


def test_a_key_is_for_one_method_path_and_body(service, acme):
    assert change(acme, "DELETE").status_code == 200
    for answer in (
        change(acme, "PUT", json={"name": "Other"}),
        change(acme, "DELETE", path="/doors/8/name"),
        change(acme, "DELETE", json={}),
    ):
        assert refusal(answer) == (409, "idempotency_mismatch")
    assert name_of(service, acme) == ""


def test_a_change_needs_a_key_and_a_trial_none(service, acme):
    assert refusal(change(acme, "DELETE", None)) == (400, "idempotency_key")
    assert refusal(change(acme, "PUT", "k" * 256, json={"name": "x"})) == (400, "idempotency_key")
    tried = change(acme, "POST", None, "/doors/7/trial", json={"name": "x"})
    assert tried.get_json() == {"name": "X", "number": "7"}
    assert tried.headers["Cache-Control"] == "private, no-store"
    assert name_of(service, acme) == "Acme"


def test_a_large_body_is_refused_unread(acme):
    assert refusal(change(acme, "DELETE", data=b"x" * (MAX_BYTES + 1))) == (413, "too_large")
    unmeasured = {"headers": {"Idempotency-Key": "k1", "Transfer-Encoding": "chunked"}}
    assert refusal(acme.ask("/doors/7/name", "DELETE", **unmeasured)) == (413, "too_large")


def test_the_description_says_which_take_a_key():
    paths = describe(OPERATIONS, "https://perennial.example")["paths"]
    name, trial = paths["/doors/{number}/name"], paths["/doors/{number}/trial"]
    named = {
        told["operationId"]: [(one["name"], one["required"]) for one in told["parameters"]]
        for told in (name["put"], name["delete"], trial["post"])
    }
    number, key = ("number", True), ("Idempotency-Key", True)
    assert named == {"put_name": [number, key], "drop_name": [number, key], "try_name": [number]}
    assert "requestBody" in name["put"]
    assert "requestBody" not in name["delete"]
