"""Webhooks by the API: as described, guarded, and no secret is ever told or kept open."""

import pytest
from sqlalchemy import select

from connector.shops.models import idempotent_reply
from tests.web.schema import problems
from tests.web.test_api import Api, refusal

URL = "https://hooks.acme.example/x"
SECRET = "a-secret-of-mine-0123456789-0123456789"
WANTED = {"url": URL, "topics": ["points.changed"], "secret": SECRET}


@pytest.fixture
def api(service) -> Api:
    return Api(service, service.install("woocommerce", "https://acme.example"))


def send(api: Api, path: str, wanted=None, method="POST", once="k1"):
    return api.ask(path, method, json=wanted, headers={"Idempotency-Key": once})


@pytest.fixture
def made(api: Api) -> str:
    answer = send(api, "/webhooks", WANTED)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["id"])


def test_a_webhook_is_made_once_and_its_secret_kept_to_itself(api: Api, made: str, service):
    again = send(api, "/webhooks", WANTED).get_json()
    assert again["id"] == made
    assert SECRET not in str(again)
    with service.database.read() as db:
        assert SECRET not in str(db.execute(select(idempotent_reply.c.body)).all())
    (listed,) = api.get("/webhooks")["webhooks"]
    assert (listed["url"], listed["topics"], listed["is_on"]) == (URL, ["points.changed"], True)


def test_every_answer_is_what_the_description_says(api: Api, made: str):
    send(api, f"/webhooks/{made}/ping", once="p")
    described = api.ask("/openapi.json").get_json()
    for path, template in (
        ("/webhooks", "/webhooks"),
        (f"/webhooks/{made}/messages", "/webhooks/{webhook_id}/messages"),
    ):
        told = described["paths"][template]["get"]["responses"]["200"]["content"]
        assert problems(api.get(path), told["application/json"]["schema"], described) == []


def test_it_is_changed_switched_and_removed(api: Api, made: str):
    changed = {"url": f"{URL}/y", "topics": ["tier.reached"], "is_on": False}
    told = send(api, f"/webhooks/{made}", changed, "PUT", once="k2").get_json()
    assert (told["url"], told["is_on"], told["off_why"]) == (f"{URL}/y", False, "by_hand")
    answer = send(api, f"/webhooks/{made}/ping", once="k3")
    assert refusal(answer)[:2] == (409, "webhook_off")
    send(api, f"/webhooks/{made}", changed | {"is_on": True}, "PUT", once="k4")
    other = send(api, f"/webhooks/{made}/secret", {"secret": SECRET[::-1]}, "PUT", once="k5")
    assert other.status_code == 200
    assert send(api, f"/webhooks/{made}", None, "DELETE", once="k6").status_code == 200
    assert api.get("/webhooks")["webhooks"] == []


def test_messages_are_listed_and_sent_again(api: Api, made: str):
    message_id = send(api, f"/webhooks/{made}/ping", once="p").get_json()["message_id"]
    (told,) = api.get(f"/webhooks/{made}/messages")["messages"]
    assert (told["id"], told["topic"], told["state"]) == (message_id, "ping", "new")
    path = f"/webhooks/{made}/messages/{message_id}/resend"
    assert send(api, path, once="r").get_json() == {"message_id": message_id}
    answer = send(api, f"/webhooks/{made}/messages/12/resend", once="r2")
    assert refusal(answer)[:2] == (404, "message_not_found")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "http://hooks.acme.example"}, "url_not_allowed"),
        ({"url": "https://127.0.0.1/"}, "url_not_allowed"),
        ({"url": "https://[::ffff:127.0.0.1]/"}, "url_not_allowed"),
        ({"topics": []}, "topics_unknown"),
        ({"topics": ["ping"]}, "topics_unknown"),
        ({"secret": "short"}, "secret_length"),
        ({"secret": ""}, "secret_length"),
        ({"state": "on"}, "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, changed, code):
    assert refusal(send(api, "/webhooks", WANTED | changed))[:2] == (422, code)


def test_another_shops_webhook_is_not_there(api: Api, made: str, service):
    rival = Api(service, service.install("woocommerce", "https://rival.example"))
    for one in (made, "x", "9" * 30):
        answer = rival.ask(f"/webhooks/{one}/messages")
        assert refusal(answer)[:2] == (404, "webhook_not_found")
    assert rival.get("/webhooks")["webhooks"] == []
