"""Files by HTTP, at the server that merchants meet: not every stream is as a test's client's."""

import http.client
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import requests

from connector.web.api import exchange
from tests.flows.processes import wait_for
from tests.flows.service import make_service

LINES = "email,points\n" + "".join(f"u{n}@x.example,{n}\n" for n in range(5000))


@pytest.fixture
def served(database, programs):
    made = programs()
    wait_for(f"{made.url}/healthz", made.web())
    return made.url


def test_a_file_comes_whole_and_only_with_its_length_told(database, served):
    service = make_service(database)
    shop = service.install("woocommerce", "https://acme.example")
    own = {"Authorization": f"Bearer {service.api_key(shop)}"}
    for size in (3, 5001):
        text = "".join(LINES.splitlines(keepends=True)[:size])
        answer = requests.post(
            f"{served}/api/v1/imports", data=text.encode(), headers=own, timeout=60
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["lines"] == size - 1
    door = http.client.HTTPConnection(urlsplit(served).netloc, timeout=60)
    door.putrequest("POST", "/api/v1/imports")
    for name, value in {**own, "Transfer-Encoding": "chunked"}.items():
        door.putheader(name, value)
    door.endheaders()  # and no byte of the file: the answer comes before it, and closes the door
    assert door.getresponse().status == 413


def test_no_more_is_read_than_was_told(service):
    told = {"CONTENT_LENGTH": "18", "wsgi.input_terminated": True}  # as the real server says
    stream = BytesIO(b"email\na@b.example\nmore")
    with service.app.test_request_context(
        "/", method="POST", input_stream=stream, environ_overrides=told
    ):
        assert exchange.body().read() == b"email\na@b.example\n"
