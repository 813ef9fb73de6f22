"""What the plugin's PHP notes of recommendations on an order; skipped where there is no php."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.woocommerce.packing import PLUGIN

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "row.php"

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def noted(**cookies):
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps(cookies),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("told", ["7", "999.thank_you.for_you.standard.20779"])
def test_a_note_goes_from_the_browser_to_the_order(told):
    assert noted(perennial_row=told) == {"_perennial_row": told}


@pytest.mark.parametrize(
    "told",
    ["", "1000", "-1", "Mia", "7.product", "7.a.b.c.x", "<b>7", ["7"], "٧", "7" * 70],
)
def test_anything_else_is_left_in_the_browser(told):
    assert noted(perennial_row=told) == {}


def test_without_a_cookie_there_is_no_note():
    assert noted() == {}
