"""What the plugin does behind pages. Needs php; where there is none these tests are skipped."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.woocommerce.packing import PLUGIN

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "upkeep.php"

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def deleted(state="paired", early=None):
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps({"state": state, "early": early}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def test_a_refund_that_is_deleted_has_its_order_told_anew():
    assert deleted() == [None, ["now", "saved"]]
    assert deleted(early=False)[0] is False, "whoever stops the deleting still does"


def test_a_store_that_is_not_connected_is_left_alone():
    assert deleted(state="") == [None, []]
