"""Referrals by the API: as described, and what a person may decide."""

import pytest

from connector.members import signs
from connector.rooms.giving import service as giving
from connector.rooms.referrals import people, service
from tests.rooms.referrals.meeting import Meeting, account, first_order
from tests.web.schema import problems
from tests.web.test_api import Api, refusal
from tests.world import KEYS, MIA, NOOR, NOW, World

PROGRAM = {"is_on": True, "friend_points": 100, "advocate_points": 500}


@pytest.fixture
def meeting(service) -> Meeting:
    shop = service.install("woocommerce", "https://acme.example")
    with service.database.write() as db:
        cause = giving.add_cause(db, shop.id, "Riverbank", "Clean water.", NOW)
    world = World(service.database, shop, cause, service.runtime.members)
    made = Meeting(world)
    made.program()
    for key in (MIA, NOOR):
        with_sign = world.member(key)
        with service.database.write() as db:
            signs.note_signs(db, KEYS, shop.id, with_sign, {"phone": "0170 1234567"}, NOW)
    made.tell(account(MIA), first_order(referral=made.link()))
    return made


@pytest.fixture
def api(service, meeting: Meeting) -> Api:
    return Api(service, meeting.world.shop)


def send(api: Api, path: str, wanted, method="POST", once="k1"):
    return api.ask(path, method, json=wanted, headers={"Idempotency-Key": once})


def test_every_answer_is_what_the_description_says(api: Api, meeting: Meeting):
    described = api.ask("/openapi.json").get_json()
    row = meeting.row()
    for path, template in (
        ("/referral-program", "/referral-program"),
        ("/referrals", "/referrals"),
        ("/referrals/numbers", "/referrals/numbers"),
        (f"/referrals/{row.id}", "/referrals/{referral_id}"),
    ):
        schema = described["paths"][template]["get"]["responses"]["200"]["content"]
        told = schema["application/json"]["schema"]
        assert problems(api.get(path), told, described) == []


def test_a_program_is_published_once_a_key(api: Api):
    first = send(api, "/referral-program", PROGRAM, "PUT")
    assert first.status_code == 200, first.text
    assert first.get_json()["version"] == 2
    assert send(api, "/referral-program", PROGRAM, "PUT").get_json()["version"] == 2
    assert api.get("/referral-program")["minimum"] == {"minor": 0, "currency": "USD"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"friend_reward_id": "12"}, "reward_not_found"),
        ({"hold_days": -1}, "hold_range"),
        ({"advocate_points": 1.5}, "integer_required"),
        ({"advocate_points": 0, "friend_points": 0}, "referral_empty"),
        ({"balance": 1}, "unknown_field"),
    ],
)
def test_a_program_that_cannot_be_is_refused(api: Api, changed, code):
    answer = send(api, "/referral-program", PROGRAM | changed, "PUT")
    assert refusal(answer)[:2] == (422, code)


def test_a_members_link_is_made_once(api: Api, meeting: Meeting):
    noor = meeting.world.member(NOOR)
    first = send(api, f"/members/{noor}/referral-link", None).get_json()
    second = send(api, f"/members/{noor}/referral-link", None, once="k2").get_json()
    assert first["code"] == second["code"]
    assert first["url"] == f"https://acme.example/?ref={first['code']}"
    answer = send(api, "/members/12/referral-link", None, once="k3")
    assert refusal(answer)[:2] == (404, "member_not_found")


def test_held_ones_are_listed_and_decided(api: Api, meeting: Meeting):
    (held,) = api.get("/referrals", state="held")["referrals"]
    assert held["reasons"] == ["same_phone"]
    assert api.get("/referrals", state="kept")["referrals"] == []
    path = f"/referrals/{held['id']}/decision"
    answer = send(api, path, {"approve": False}, once="k0")
    assert refusal(answer)[:2] == (422, "reason_length")
    told = send(api, path, {"approve": True, "reason": "A family"}).get_json()
    assert (told["state"], told["decision"]) == ("waiting", "approved")
    again = send(api, path, {"approve": True}, once="k2")
    assert refusal(again)[:2] == (409, "referral_decided")
    with meeting.world.database.write() as db:
        people.carry_out(db, meeting.world.members, KEYS, meeting.shop_id, NOW, 10)
        assert service.get(db, meeting.shop_id, int(held["id"])).decision == "approved"


@pytest.mark.parametrize("referral_id", ["12", "x", "9" * 30])
def test_what_is_not_there_is_said_so(api: Api, referral_id):
    answer = api.ask(f"/referrals/{referral_id}")
    assert refusal(answer)[:2] == (404, "referral_not_found")
    assert refusal(api.ask("/referrals", query_string={"state": "x"}))[:2] == (
        422,
        "invalid_parameter",
    )
