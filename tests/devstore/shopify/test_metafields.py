"""Fields an app adds to customers, as the Admin API keeps them."""

import pytest

from adapters.shopify import documents
from adapters.shopify.metafields import ACCESS, NAMESPACE
from devstore.shopify.graph import metafields

DEFINITION = {
    "key": "points",
    "name": "Points",
    "type": "number_integer",
    "namespace": NAMESPACE,
    "ownerType": "CUSTOMER",
    "access": ACCESS,
}


def ask(installed, name, **values):
    body = installed.graphql(documents.document(name), **values)
    return body.get("errors") or body["data"]["changed"]["userErrors"]


def field(key, **changes):
    told = {"key": "points", "value": "12", "type": "number_integer", "namespace": NAMESPACE}
    return {**told, "ownerId": f"gid://shopify/Customer/{key}", **changes}


def test_a_field_is_defined_once(installed):
    assert ask(installed, "metafield_define", definition=DEFINITION) == []
    (problem,) = ask(installed, "metafield_define", definition=DEFINITION)
    assert problem["code"] == "TAKEN"


def test_fields_are_set_and_deleted(installed):
    mia = installed.mia().id
    assert ask(installed, "metafields_set", metafields=[field(mia)]) == []
    assert metafields.of(installed.shop.shelf, mia) == {f"{NAMESPACE}.points": "12"}
    gone = {name: field(mia)[name] for name in ("ownerId", "namespace", "key")}
    assert ask(installed, "metafields_delete", metafields=[gone, gone]) == []
    assert metafields.of(installed.shop.shelf, mia) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ownerId": "gid://shopify/Customer/1"}, "INVALID"),
        ({"value": ""}, "BLANK"),
        ({"value": "twelve"}, "INVALID_VALUE"),
        ({"type": "list.single_line_text_field", "value": "PER-1"}, "INVALID_VALUE"),
    ],
)
def test_one_that_is_refused_keeps_all_out(installed, changes, code):
    mia = installed.mia().id
    (problem,) = ask(installed, "metafields_set", metafields=[field(mia), field(mia, **changes)])
    assert (problem["code"], problem["elementIndex"]) == (code, 1)
    assert metafields.of(installed.shop.shelf, mia) == {}


def test_a_defined_field_has_its_type(installed):
    ask(installed, "metafield_define", definition=DEFINITION)
    told = field(installed.mia().id, type="single_line_text_field")
    (problem,) = ask(installed, "metafields_set", metafields=[told])
    assert problem["code"] == "INVALID_TYPE"


def test_more_than_25_are_too_many(installed):
    told = [field(installed.mia().id)] * 26
    (problem,) = ask(installed, "metafields_set", metafields=told)
    assert "26 is greater than the maximum allowed of 25" in problem["message"]


def test_what_the_app_keeps_with_its_installation_is_json_and_goes_with_it(installed):
    kept = {"ownerId": metafields.INSTALLATION, "namespace": "perennial", "key": "asked"}
    said = {**kept, "type": "json", "value": '{"a":1}'}
    (problem,) = ask(installed, "metafields_set", metafields=[{**said, "value": "no"}])
    assert problem["code"] == "INVALID_VALUE"
    long = '"' + "x" * metafields.MOST_BYTES + '"'
    (problem,) = ask(installed, "metafields_set", metafields=[{**said, "value": long}])
    assert problem["code"] == "TOO_LONG"
    assert ask(installed, "metafields_set", metafields=[said]) == []
    field = {"namespace": "perennial", "key": "asked"}
    told = installed.graphql(documents.document("app_data"), **field)["data"]
    installation = told["currentAppInstallation"]
    assert installation == {"id": metafields.INSTALLATION, "metafield": {"value": '{"a":1}'}}
    in_liquid = metafields.in_liquid(installed.shop.shelf)
    assert in_liquid == {"perennial": {"asked": {"value": {"a": 1}}}}
    installed.face.door.leave()
    assert metafields.in_liquid(installed.shop.shelf) == {}
