"""What the plugin's page says to the shop's admin, and its eraser to WordPress.

Needs php; where there is none these tests say so and are skipped.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.woocommerce.packing import PLUGIN

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "admin.php"
PAIRED = {"state": "paired", "public_id": "s1", "service": "https://perennial.example"}
UNKNOWN = "Not known: the service did not answer"

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def php(ask, answer=None, said=""):
    """What the plugin's own code says; without ``answer`` the service is down."""
    options = {"perennial_settings": PAIRED, "perennial_secrets": {"plugin": "5e"}}
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps({"ask": ask, "answer": answer, "said": said, "options": options}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def test_nothing_is_said_of_what_is_not_known():
    page = php("page")
    assert page.count(UNKNOWN) == 3
    assert "Not yet" not in page
    assert "None" not in page
    assert "http_request_failed" not in page
    assert UNKNOWN not in php("page", {"service": "1"})


def test_webhooks_that_are_still_to_be_made_are_no_trouble():
    assert "Not made yet" in php("page", {"service": "1"})


def test_only_a_failed_farewell_lets_the_shop_leave_untold():
    words = "Disconnect without telling the service"
    assert words not in php("page", said="not_told")
    assert words in php("page", said="not_parted")


def test_a_shop_that_is_connected_is_not_said_to_be_forgotten():
    page = php("page", {"service": "1"}, said="is_connected")
    assert "connected already" in page


@pytest.mark.parametrize(
    ("answer", "removed", "retained"),
    [({"known": True}, True, False), ({"known": False}, False, False), (None, False, True)],
)
def test_the_eraser_claims_no_more_than_was_there(answer, removed, retained):
    told = php("erase", answer)
    assert (told["items_removed"], told["items_retained"]) == (removed, retained)
    person = {"email": "noor@example.com", "customer": "7"}
    assert told["sent"].items() >= person.items()
