"""The plugin's PHP: it parses, and it and Python understand each other's signatures.

Needs php; where there is none these tests say so and are skipped.
"""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.woocommerce import pairing
from adapters.woocommerce.packing import PLUGIN
from connector.core.clock import from_timestamp
from connector.core.errors import Unauthenticated

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "wire.php"
NOW = 1_800_000_000
SECRET = "5e" * 32
BODIES = [b"{}", b"", '{"account":"Müller & Söhne \u202e متجر 商店","x":"\\/"}'.encode(), b"a.b\n"]

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def php(ask, **question):
    """What the plugin's own code answers."""
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps({"ask": ask, "now": NOW, **question}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def heard(headers, body, what="settings", secrets=None, now=NOW):
    """Whether the plugin takes a call for the service's."""
    return php(
        "is_service",
        what=what,
        now=now,
        body=body.decode(),
        headers={name.lower().replace("-", "_"): value for name, value in headers.items()},
        options={"perennial_secrets": secrets or {"plugin": SECRET}},
    )


@pytest.mark.parametrize("path", sorted(PLUGIN.rglob("*.php")), ids=lambda path: path.name)
def test_every_file_parses(path):
    done = subprocess.run(
        [PHP, "-l", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("body", BODIES)
def test_the_service_believes_the_plugin(body):
    signed = php("sign", secret=SECRET, what="status", body=body.decode())
    headers = {pairing.TIME_HEADER: str(NOW), pairing.SIGNATURE_HEADER: signed}
    at = from_timestamp(NOW)
    pairing.check(SECRET.encode(), "status", headers, body, at)
    with pytest.raises(Unauthenticated):
        pairing.check(SECRET.encode(), "disconnect", headers, body, at)
    with pytest.raises(Unauthenticated):
        pairing.check(SECRET.encode(), "status", headers, body + b" ", at)


@pytest.mark.parametrize("body", BODIES)
def test_the_plugin_believes_the_service(body):
    headers = pairing.sign(SECRET.encode(), "service", "settings", body, from_timestamp(NOW))
    assert heard(headers, body) is True
    assert heard(headers, body, secrets={"plugin": "old", "plugin_next": SECRET}) is True
    assert heard(headers, body + b" ") is False
    assert heard(headers, body, what="disconnect") is False
    assert heard(headers, body, secrets={"plugin": "other"}) is False
    assert heard(headers, body, secrets={"widget": SECRET}) is False
    assert heard({}, body) is False


def test_a_plugins_own_call_is_no_call_of_the_service():
    headers = pairing.sign(SECRET.encode(), "plugin", "settings", b"{}", from_timestamp(NOW))
    assert heard(headers, b"{}") is False


@pytest.mark.parametrize(
    ("late", "expected"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_call_is_good_for_five_minutes(late, expected):
    headers = pairing.sign(SECRET.encode(), "service", "settings", b"{}", from_timestamp(NOW))
    assert heard(headers, b"{}", now=NOW + late) is expected


def test_a_store_without_secrets_believes_nobody():
    headers = pairing.sign(b"", "service", "settings", b"{}", from_timestamp(NOW))
    assert heard(headers, b"{}", secrets={"plugin": ""}) is False


def test_the_service_reads_the_plugins_sign_in():
    claims = {
        "iss": "https://acme.example",
        "sub": "1",
        "name": 'Ada "A" Müller متجر',
        "aud": "admin",
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "5e" * 16,
    }
    token = php("token", claims=claims, secret=SECRET)
    person = pairing.person(SECRET.encode(), token, from_timestamp(NOW))
    assert (person.sub, person.name, person.jti) == ("1", claims["name"], claims["jti"])
    with pytest.raises(Unauthenticated):
        pairing.person(b"other", token, from_timestamp(NOW))
    with pytest.raises(Unauthenticated):
        pairing.person(SECRET.encode(), token, from_timestamp(NOW) + timedelta(minutes=3))
