"""The plugin's words in its languages: what its code says against what its catalogues know.

    python -m adapters.woocommerce.translations [update]

Checks without an argument. ``update`` writes the template, adds new messages to the catalogues,
empty, and writes from them the files WordPress reads (``.l10n.php``, WordPress 6.5).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from adapters.woocommerce.packing import PLUGIN, SLUG

LANGUAGES = {"ar": "ar", "zh_TW": "zh_Hant_TW"}  # as WordPress names them, as Babel does
FOLDER = PLUGIN / "languages"
TEMPLATE = FOLDER / f"{SLUG}.pot"
_SAID = re.compile(
    rf"\b(?:esc_html__|esc_attr__|__)\(\s*'((?:[^'\\]|\\.)+)',\s*'{SLUG}'\s*\)", re.DOTALL
)
_OTHERS = re.compile(r"\b(?:_n|_x|_nx|_e|_ex|esc_\w+_[ex])\(|wp\.i18n")
_NOTE = re.compile(r"/\* (translators: .+?) \*/[^\n]*\n?[^\n]*$")
_HEADER = re.compile(r"^ \* (?:Plugin Name|Description):\s+(.+)$", re.MULTILINE)
_HOLES = re.compile(r"%(?:\d\$)?[sd]")
_BLOCK = {"title": "block title", "description": "block description"}
_START = """<?php
// phpcs:ignoreFile
// Written by adapters/woocommerce/translations.py from the catalogue beside it.
"""

Key = tuple[str, str | None]  # what is said, and in which context


def said() -> dict[Key, list[str]]:
    """Every message of the plugin, with notes for translators."""
    found: dict[Key, list[str]] = {}
    for path in sorted(PLUGIN.rglob("*.php")):
        text = path.read_text(encoding="utf-8")
        if path.parent != FOLDER:
            for call in _SAID.finditer(text):
                note = _NOTE.search(text[max(0, call.start() - 400) : call.start()])
                key = (re.sub(r"\\(.)", r"\1", call[1]), None)
                found.setdefault(key, []).extend([note[1]] if note else [])
    for match in _HEADER.finditer((PLUGIN / f"{SLUG}.php").read_text(encoding="utf-8")):
        found.setdefault((match[1].strip(), None), [])
    for path in sorted(PLUGIN.glob("blocks/*/block.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for name, context in _BLOCK.items():
            found.setdefault((told[name], context), [])
    return found


def problems() -> Iterator[str]:
    """What is missing, left over, unfinished or out of date, one line each."""
    messages = said()
    for path in sorted([*PLUGIN.rglob("*.php"), *PLUGIN.rglob("*.js")]):
        if _OTHERS.search(path.read_text(encoding="utf-8")):
            yield f"{path.name}: says words in a way that is not read here; use __() in PHP"
    if not TEMPLATE.is_file() or TEMPLATE.read_bytes() != _template(messages):
        yield f"{TEMPLATE.name}: out of date; run with update"
    for tag in LANGUAGES:
        known = _words(_catalogue(tag))
        yield from (f"{tag}: {problem}" for problem in _gaps(messages, known))
        made = _made(tag)
        if not made.is_file() or made.read_text(encoding="utf-8") != _as_php(tag, known):
            yield f"{made.name}: out of date; run with update"


def _gaps(messages: Mapping[Key, list[str]], known: Mapping[Key, str]) -> Iterator[str]:
    for text, _ in sorted(messages.keys() - known.keys(), key=str):
        yield f"missing: {text!r}"
    for text, _ in sorted(known.keys() - messages.keys(), key=str):
        yield f"left over: {text!r}"
    for (text, _), told in known.items():
        if not told:
            yield f"not translated: {text!r}"
        elif sorted(_HOLES.findall(text)) != sorted(_HOLES.findall(told)):
            yield f"other holes than {text!r}"


def update() -> None:
    """Write the template, the catalogues with what is new, and WordPress's own files."""
    messages = said()
    FOLDER.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(_template(messages))
    for tag, babel in LANGUAGES.items():
        known = _words(_catalogue(tag))
        catalogue = Catalog(locale=babel, fuzzy=False)
        for text, context in messages:
            added = catalogue.add(text, known.get((text, context), ""), context=context)
            added.flags.discard("python-format")
        _source(tag).write_bytes(_written(catalogue, f"{SLUG} in {babel}."))
        _made(tag).write_text(_as_php(tag, _words(catalogue)), encoding="utf-8")


def _template(messages: Mapping[Key, list[str]]) -> bytes:
    catalogue = Catalog(fuzzy=False)
    for (text, context), notes in messages.items():
        added = catalogue.add(text, auto_comments=sorted(set(notes)), context=context)
        added.flags.discard("python-format")
    return _written(catalogue, f"Every word of {SLUG}.")


def _written(catalogue: Catalog, head: str) -> bytes:
    """As a file without a date or an author, so that the same words give the same bytes."""
    out = BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, sort_output=True)
    plurals = f'"Plural-Forms: {catalogue.plural_forms}\\n"\n' if catalogue.locale else ""
    language = f'"Language: {catalogue.locale}\\n"\n' if catalogue.locale else ""
    lines = f'# {head}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    return f"{lines}{language}{plurals}\n".encode() + out.getvalue()


def _catalogue(tag: str) -> Catalog:
    if not _source(tag).is_file():
        return Catalog(locale=LANGUAGES[tag])
    with _source(tag).open("rb") as file:
        return read_po(file, locale=LANGUAGES[tag])


def _words(catalogue: Catalog) -> dict[Key, str]:
    return {
        (message.id, message.context): message.string
        for message in catalogue
        if isinstance(message.id, str) and message.id and isinstance(message.string, str)
    }


def _as_php(tag: str, words: Mapping[Key, str]) -> str:
    lines = [
        f"\t\t{_quoted(text, context)} => {_quoted(told)},"
        for (text, context), told in sorted(words.items(), key=lambda item: str(item[0]))
        if told
    ]
    body = "\n".join(lines)
    head = f"return array(\n\t'domain'   => '{SLUG}',\n\t'language' => '{tag}',\n"
    return f"{_START}{head}\t'messages' => array(\n{body}\n\t),\n);\n"


def _quoted(text: str, context: str | None = None) -> str:
    plain = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return plain if context is None else f"'{context}' . \"\\4\" . {plain}"


def _source(tag: str) -> Path:
    return FOLDER / f"{SLUG}-{tag}.po"


def _made(tag: str) -> Path:
    return FOLDER / f"{SLUG}-{tag}.l10n.php"


def main(*arguments: str) -> int:
    if arguments == ("update",):
        update()
    found = list(problems())
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
