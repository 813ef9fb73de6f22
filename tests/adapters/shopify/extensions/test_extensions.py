"""What Shopify is given to show: built from its sources, in three languages, from one address."""

import gzip
import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest
from graphql import build_client_schema, parse, validate

import adapters.shopify
from adapters.shopify import documents
from tests.adapters.shopify import world

FOLDER = Path(adapters.shopify.__file__).parent
EXTENSIONS = FOLDER / "extensions"
CHECK = EXTENSIONS / "check.py"
TOML = tomllib.loads((FOLDER / "shopify.app.toml").read_text("utf-8"))
TARGETS = {
    "purchase.checkout.block.render",
    "purchase.thank-you.block.render",
    "customer-account.order-status.block.render",
    "customer-account.profile.block.render",
    "customer-account.page.render",
}


@pytest.fixture
def check(tmp_path, monkeypatch):
    """The check, on a copy that a test may spoil."""
    spec = importlib.util.spec_from_file_location("extensions_check", CHECK)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(path):
    return tomllib.loads(path.read_text("utf-8"))


def tomls():
    return sorted(EXTENSIONS.glob("perennial-*/shopify.extension.toml"))


@pytest.mark.parametrize(
    "name",
    [
        "out_of_sync",
        "too_big",
        "untranslated",
        "unsaid",
        "not_shopifys",
        "unplaceable",
        "lock_names_a_host",
    ],
)
def test_there_is_nothing_to_mend(check, name):
    assert list(getattr(check, name)()) == []


def test_without_node_the_check_says_what_it_could_not_do(check, monkeypatch, capsys):
    monkeypatch.setattr(check.shutil, "which", lambda _: None)
    assert list(check.checked_by_node()) == []
    assert capsys.readouterr().out == (
        "shopify extensions: not linted, typed or built again: Node is not installed\n"
    )


def test_a_bundle_that_is_too_large_or_changed_by_hand_is_named(check, tmp_path, monkeypatch):
    for path in check.DIST.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "page.js").write_bytes(b"/" * (64 * 1024 + 1))
    monkeypatch.setattr(check, "DIST", tmp_path)
    assert list(check.too_big()) == ["dist/page.js is larger than 65536 bytes"]
    assert list(check.out_of_sync()) == ["dist/page.js is not the file BUILD.txt records"]


def test_a_sentence_that_one_language_lacks_is_named(check, tmp_path, monkeypatch):
    folder = tmp_path / "perennial-x"
    (folder / "locales").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "src" / "X.jsx").write_text('t("hello"); t("lost")', "utf-8")
    for name, words in (
        ("en.default", {"hello": "Hello {{name}}", "idle": "Idle"}),
        ("ar", {"hello": "مرحبا", "idle": "-"}),
        ("zh-TW", {"idle": "-"}),
    ):
        (folder / "locales" / f"{name}.json").write_text(json.dumps(words), "utf-8")
    monkeypatch.setattr(check, "ui_extensions", lambda: [folder])
    assert list(check.untranslated()) == [
        "perennial-x/locales/ar.json: hello has other placeholders than en",
        "perennial-x/locales/zh-TW.json: hello is not in both zh-TW and en",
    ]
    assert list(check.unsaid()) == [
        "perennial-x: the code says lost, which is in no catalogue",
        "perennial-x: nobody says idle",
    ]


def test_an_element_of_html_is_named(check, tmp_path, monkeypatch):
    source = tmp_path / "perennial-x" / "src" / "X.jsx"
    source.parent.mkdir(parents=True)
    source.write_text("<s-text>a<bdi>b</bdi></s-text>;<br/>;/** @type {Map<string>} */", "utf-8")
    monkeypatch.setattr(check, "ui_extensions", lambda: [tmp_path / "perennial-x"])
    assert list(check.not_shopifys()) == [
        "perennial-x/src/X.jsx: <bdi> is no element of Shopify's",
        "perennial-x/src/X.jsx: <br> is no element of Shopify's",
    ]


def test_every_surface_is_declared_once_and_asks_for_no_more_than_it_uses():
    found = [
        (one["target"], extension.get("capabilities", {}))
        for path in tomls()
        for extension in told(path)["extensions"]
        for one in extension.get("targeting", ())
    ]
    assert {target for target, _ in found} == TARGETS
    assert len(found) == len(TARGETS)
    for target, capabilities in found:
        asks = {"network_access": True}
        if target.startswith("purchase.checkout"):
            asks["api_access"] = True
        assert capabilities == asks, target


def test_the_theme_speaks_the_pinned_version():
    (theme,) = [told(path) for path in tomls() if told(path)["extensions"][0]["type"] == "theme"]
    assert theme["api_version"] == documents.API_VERSION


def test_extensions_ask_the_service_the_app_declares_and_the_proxy_it_has():
    (service,) = re.findall(
        r'SERVICE = "([^"]+)"', (EXTENSIONS / "shared" / "service.js").read_text("utf-8")
    )
    assert TOML["application_url"] == f"{service}/app/shopify"
    (base,) = re.findall(
        r"base \| default: '([^']+)'",
        (EXTENSIONS / "perennial-theme" / "snippets" / "perennial.liquid").read_text("utf-8"),
    )
    proxy = TOML["app_proxy"]
    assert base == f"/{proxy['prefix']}/{proxy['subpath']}"


def test_nothing_is_chosen_for_anybody():
    for path in EXTENSIONS.rglob("*"):
        if path.suffix not in {".jsx", ".liquid"} or "node_modules" in path.parts:
            continue
        text = path.read_text("utf-8")
        assert "defaultSelected" not in text, path.name
        assert "defaultChecked" not in text, path.name
        # A radio is ticked by what the cart holds, and by nothing else.
        ticked = re.findall(r"\{% if ([^%]+?) %\}\s*checked", text)
        assert ticked == re.findall(r"variant\.price == given", text), path.name


SCHEMA = world.SCHEMA / "storefront-2026-10.introspection.json.gz"


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the storefront's schema is not beside us")
def test_the_one_question_to_the_storefront_fits_its_schema():
    text = (EXTENSIONS / "perennial-checkout" / "src" / "Gift.jsx").read_text("utf-8")
    (query,) = re.findall(r'PRICE = "([^"]+)"', text)
    loaded = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    schema = build_client_schema(loaded.get("data", loaded), assume_valid=True)
    assert validate(schema, parse(query)) == []
