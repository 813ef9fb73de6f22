"""The plugin's zip: what it must have, nothing else, and the same bytes every time."""

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from adapters.woocommerce import packing

ADDRESS = "https://rewards.example"
NEEDED = {
    "perennial-loyalty/perennial-loyalty.php",
    "perennial-loyalty/uninstall.php",
    "perennial-loyalty/readme.txt",
    "perennial-loyalty/includes/class-pairing.php",
    "perennial-loyalty/blocks/badge/block.json",
    "perennial-loyalty/assets/blocks.js",
    "perennial-loyalty/languages/perennial-loyalty.pot",
    "perennial-loyalty/languages/perennial-loyalty-ar.l10n.php",
    "perennial-loyalty/languages/perennial-loyalty-zh_TW.l10n.php",
}


def opened(address=None):
    return ZipFile(BytesIO(packing.archive(address)))


def test_the_same_files_give_the_same_bytes(monkeypatch):
    first = packing.archive(ADDRESS)
    files = dict(reversed(list(packing._files())))
    monkeypatch.setattr(packing, "_files", files.items)
    assert packing.archive(ADDRESS) == first
    entries = opened().infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_the_zip_has_what_it_must_and_nothing_else():
    names = set(opened().namelist())
    assert names >= NEEDED
    assert "perennial-loyalty/service.php" not in names
    kinds = r"\.php|readme\.txt|\.js|\.css|/block\.json|\.pot"
    strange = [name for name in names if not re.search(rf"(?:{kinds})$", name)]
    assert not strange
    assert all(name.startswith("perennial-loyalty/") for name in names)
    assert not [name for name in names if "/." in name or "__" in name]


def test_the_zip_has_the_style_that_pages_wait_for():
    widgets = Path(__file__).parents[3] / "static" / "widgets" / "dist"
    style = opened().read("perennial-loyalty/assets/mount.css")
    assert style == (widgets / "mount.css").read_bytes()
    assert b"url(" not in style, "it stands in pages, where addresses lead elsewhere"


def test_the_zip_knows_its_service():
    told = opened(ADDRESS).read("perennial-loyalty/service.php").decode()
    assert f"return '{ADDRESS}';" in told
    assert set(opened(ADDRESS).namelist()) - set(opened().namelist()) == {
        "perennial-loyalty/service.php"
    }


def test_an_address_is_only_ever_a_text():
    told = opened("https://a'.\\b").read("perennial-loyalty/service.php").decode()
    assert "return 'https://a\\'.\\\\b';" in told


def test_versions_agree():
    """WordPress reads one from the header, its directory one from the readme, we the constant."""
    with opened() as made:
        head = made.read("perennial-loyalty/perennial-loyalty.php").decode()
        readme = made.read("perennial-loyalty/readme.txt").decode()
    said = {
        tuple(re.findall(pattern, text, re.MULTILINE))
        for pattern, text in (
            (r"^ \* Version:\s+(\S+)$", head),
            (r"^const VERSION = '(\S+)';$", head),
            (r"^Stable tag: (\S+)$", readme),
        )
    }
    assert len(said) == 1
    assert {len(found) for found in said} == {1}


def test_every_class_is_where_it_is_looked_for():
    with opened() as made:
        for name in made.namelist():
            if part := re.search(r"/includes/class-([a-z-]+)\.php$", name):
                (found,) = re.findall(
                    r"^final class (\w+)", made.read(name).decode(), re.MULTILINE
                )
                assert found.lower().replace("_", "-") == part[1]


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_the_door_writes_it(tmp_path, address):
    target = tmp_path / "build" / "plugin.zip"
    packing.main(str(target), *([address] if address else []))
    assert target.read_bytes() == packing.archive(address)
