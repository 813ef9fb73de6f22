"""Fields of customers, as they are asked for and as they are refused."""

import json

import pytest

from adapters.shopify.metafields import ACCESS, FIELDS, NAMESPACE, Fields
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing
from tests.adapters.shopify.graph import throttled

MIA, NOOR = "7001", "7002"
DONE: dict[str, dict[str, list[str]]] = {"changed": {"userErrors": []}}


def refusal(**told):
    return {"changed": {"userErrors": [{"message": "no", **told}]}}


def fields(key, **values):
    return Fields(key, values)


def owners(asked):
    return [one["ownerId"].rpartition("/")[2] for one in asked[1]["metafields"]]


def test_what_fields_there_are_is_said_once(shop):
    taken = refusal(code="TAKEN", field=["definition", "key"])
    shop.answers(DONE, taken, DONE)
    shop.client.define_metafields()
    told = [one["definition"] for _, one in shop.asked]
    assert {one["key"]: one["type"] for one in told} == {
        k: kind for k, (_, kind) in FIELDS.items()
    }
    assert {one["ownerType"] for one in told} == {"CUSTOMER"}
    assert [one["access"] for one in told] == [ACCESS] * 3


def test_what_members_have_goes_in_one_call(shop):
    shop.answers(DONE)
    codes = json.dumps(["PER-1"])
    told = [fields(MIA, points="120", level="Gold"), fields(NOOR, codes=codes)]
    assert shop.client.put_metafields(told) == set()
    ((name, asked),) = shop.asked
    gid = "gid://shopify/Customer/7001"
    assert name == "MetafieldsSet"
    assert asked["metafields"][0] == {
        "ownerId": gid,
        "namespace": NAMESPACE,
        "key": "points",
        "value": "120",
        "type": "number_integer",
    }
    assert owners(shop.asked[0]) == [MIA, MIA, NOOR]


def test_a_call_holds_twenty_five(shop):
    shop.answers(DONE, DONE)
    shop.client.put_metafields([fields(str(key), points="1") for key in range(30)])
    assert [len(owners(one)) for one in shop.asked] == [25, 5]


def test_what_a_member_has_no_more_is_deleted(shop):
    shop.answers(DONE, DONE)
    shop.client.put_metafields([fields(MIA, points="0", codes=None)])
    assert shop.names() == ["MetafieldsDelete", "MetafieldsSet"]
    ((_, gone), _) = shop.asked
    assert [one["key"] for one in gone["metafields"]] == ["codes"]


@pytest.mark.parametrize(
    "refused",
    [
        refusal(code="INVALID", elementIndex=1, field=["metafields", "1", "ownerId"]),
        refusal(field=["metafields", "1", "ownerId"]),
    ],
)
def test_one_who_is_refused_keeps_nobody_else_out(shop, refused):
    shop.answers(refused, DONE)
    told = [fields(MIA, points="1"), fields(NOOR, points="2", level="Gold")]
    assert shop.client.put_metafields(told) == {NOOR}
    assert [owners(one) for one in shop.asked] == [[MIA, NOOR, NOOR], [MIA]]


def test_deleting_what_is_not_there_is_no_trouble(shop):
    shop.answers(refusal(field=["metafields", "0", "ownerId"]))
    assert shop.client.put_metafields([fields(MIA, points=None)]) == set()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(code="APP_NOT_AUTHORIZED"), PlatformError),
        (refusal(code="INTERNAL_ERROR", elementIndex=0), PlatformBusy),
        ({"changed": None}, PlatformMissing),
    ],
)
def test_what_is_nobodys_fault_is_told(shop, answer, kind):
    shop.answers(answer)
    with pytest.raises(kind):
        shop.client.put_metafields([fields(MIA, points="1")])


def test_a_store_that_is_busy_is_asked_again(shop):
    shop.answers(throttled(20, 0), DONE)
    assert shop.client.put_metafields([fields(MIA, points="1")]) == set()
    assert len(shop.asked) == 2
    assert shop.slept


INSTALLATION = "gid://shopify/AppInstallation/9"


def held(value=None):
    field = None if value is None else {"value": value}
    return {"currentAppInstallation": {"id": INSTALLATION, "metafield": field}}


def test_what_the_installation_keeps_is_looked_at_and_then_written(shop):
    shop.answers(held('{"a": 2}'), DONE)
    shop.client.keep_app_data("asked", b'{"a":1}')
    (_, looked), (name, written) = shop.asked
    field = {"namespace": "perennial", "key": "asked"}
    assert looked == field
    assert name == "MetafieldsSet"
    said = {**field, "ownerId": INSTALLATION, "type": "json", "value": '{"a":1}'}
    assert written["metafields"] == [said]


@pytest.mark.parametrize(("there", "told"), [('{ "a": 1 }', b'{"a":1}'), (None, None)])
def test_what_is_kept_already_is_not_written_again(shop, there, told):
    shop.answers(held(there))
    shop.client.keep_app_data("asked", told)
    assert shop.names() == ["AppData"]


def test_what_is_kept_no_more_is_deleted(shop):
    shop.answers(held("{}"), DONE)
    shop.client.keep_app_data("asked", None)
    (_, (name, gone)) = shop.asked
    assert name == "MetafieldsDelete"
    field = {"namespace": "perennial", "key": "asked", "ownerId": INSTALLATION}
    assert gone["metafields"] == [field]


def test_a_field_that_is_refused_is_named(shop):
    shop.answers(held(), refusal(code="TOO_LONG"))
    with pytest.raises(PlatformError, match="too_long"):
        shop.client.keep_app_data("asked", b"{}")
