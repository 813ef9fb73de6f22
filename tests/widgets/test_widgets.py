"""The widgets' own tests and checks, where this machine can run them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "static" / "widgets"
NODE = shutil.which("node")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The widgets somewhere they may be broken, without the packages that could build them."""
    return Path(
        shutil.copytree(
            WIDGETS, tmp_path / "widgets", ignore=shutil.ignore_patterns("node_modules")
        )
    )


def problems(widgets: Path) -> str:
    return run(sys.executable, widgets / "check.py").stderr


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


@pytest.mark.skipif(NODE is None, reason="no Node here")
def test_the_elements_keep_their_word() -> None:
    tests = sorted((ROOT / "tests" / "widgets").glob("*.test.mjs"))
    done = run(str(NODE), "--import", "./tests/widgets/stub.mjs", "--test", *tests)
    assert done.returncode == 0, done.stdout[-4000:]


def test_what_is_committed_passes_its_check(copy: Path) -> None:
    assert problems(copy) == ""


def test_an_edited_source_is_noticed(copy: Path) -> None:
    edit(copy / "src" / "product" / "badge.js", "perennial-badge", "perennial-bagde")
    assert "dist is older than its sources" in problems(copy)


def test_an_edited_bundle_is_noticed(copy: Path) -> None:
    (copy / "dist" / "loader.js").write_text("// smaller still")
    (copy / "dist" / "extra.js").write_text("// a stowaway")
    found = problems(copy)
    assert "dist/loader.js is not the file BUILD.txt records" in found
    assert "dist/extra.js is not in both" in found


def test_a_missing_word_is_noticed(copy: Path) -> None:
    edit(copy / "locales" / "ar.json", '"undo"', '"redo"')
    found = problems(copy)
    assert "ar: redo is not in both ar and en" in found
    assert "ar: undo is not in both ar and en" in found


def test_a_lost_placeholder_is_noticed(copy: Path) -> None:
    edit(copy / "locales" / "zh-Hant.json", "代碼 {code}", "代碼")
    assert "zh-Hant: code has other placeholders than en" in problems(copy)


def test_a_word_nobody_says_is_noticed(copy: Path) -> None:
    edit(copy / "src" / "donation" / "donation.js", '"gift_no"', '"gift_never"')
    found = problems(copy)
    assert "the code says gift_never" in found
    assert "nobody says gift_no" in found


@pytest.mark.parametrize(
    "rule", ["margin-left: 1px", "width: 3px", "border-top-left-radius: 2px", "text-align: right"]
)
def test_a_physical_direction_is_noticed(copy: Path, rule: str) -> None:
    edit(copy / "src" / "product" / "badge.css", ":host {", f":host {{ {rule};")
    assert "is physical, use its logical name" in problems(copy)


def test_too_much_javascript_is_noticed(copy: Path) -> None:
    noise = "".join(re.findall(r"[0-9a-f]{64}", (copy / "dist" / "BUILD.txt").read_text()))
    (copy / "dist" / "loader.js").write_text(noise * 2 + noise[::-1] * 2 + noise[::3] * 9)
    assert "loader.js is" in problems(copy)
