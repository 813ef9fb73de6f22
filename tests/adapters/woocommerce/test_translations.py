"""The plugin speaks every language whole."""

from adapters.woocommerce import translations
from adapters.woocommerce.packing import PLUGIN, SLUG
from adapters.woocommerce.translations import Key


def test_every_word_is_translated_and_every_file_up_to_date():
    problems = list(translations.problems())
    advice = "Run python -m adapters.woocommerce.translations update, then fill in what is empty"
    assert not problems, "\n".join([f"{advice}:", *problems])


def test_words_are_found_where_they_are_said():
    said = translations.said()
    assert said["%1$s of %2$s work", None] == [
        "translators: 1: webhooks that work, 2: all of them."
    ]
    assert ("Points for a product", "block title") in said
    assert ("Perennial Loyalty for WooCommerce", None) in said


def test_a_gap_is_noticed():
    messages: dict[Key, list[str]] = {("a %s", None): [], ("b", None): []}
    known: dict[Key, str] = {("a %s", None): "x", ("c", None): ""}
    assert list(translations._gaps(messages, known)) == [
        "missing: 'b'",
        "left over: 'c'",
        "other holes than 'a %s'",
        "not translated: 'c'",
    ]


def test_a_quote_in_a_word_ends_nothing():
    assert translations._quoted("it's \\ here") == "'it\\'s \\\\ here'"
    assert translations._quoted("a", "block title") == "'block title' . \"\\4\" . 'a'"


def test_words_are_of_our_own_domain():
    code = "\n".join(path.read_text(encoding="utf-8") for path in PLUGIN.rglob("*.php"))
    assert f"Text Domain:       {SLUG}" in code
    assert "load_plugin_textdomain( 'perennial-loyalty'" in code
