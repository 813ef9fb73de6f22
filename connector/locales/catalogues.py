"""Catalogues against the code: nothing missing, nothing fuzzy, nothing left over, every plural."""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import c2py
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from connector.core.i18n import GENITIVE, LANGUAGES, NOUNS, catalog_path

WEB = Path(__file__).parents[1] / "web"
KEYWORDS = {"t": None, "plain": None, "mark": None}
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
NUMBERLESS = 3  # of six forms, the first three may say the number by the noun alone
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3"
    " : n%100>=11 ? 4 : 5);",
    "zh-Hant": "nplurals=1; plural=0;",
}
CASES = {"ar": (None, GENITIVE), "zh-Hant": (None,)}
WRONG_SIGNS = {
    "ar": re.compile(r"[\u0600-\u06ff][ \u00a0]?[,;?]"),
    "zh-Hant": re.compile(r"[\u4e00-\u9fff}][,;:?!.]"),
}
_HEADER = """# {name}. English is the key; {{braces}} are filled in.
msgid ""
msgstr ""
"Language: {babel}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def said() -> set[str]:
    """Every message that code and templates say."""
    found: set[str] = set()
    for path in sorted([*WEB.rglob("*.py"), *(WEB / "templates").rglob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        with path.open("rb") as file:
            for _, message, _, _ in extract(method, file, KEYWORDS):
                found.update([message] if isinstance(message, str) else message)
    return found


def problems() -> Iterator[str]:
    """What is wrong with any catalogue, one line each."""
    messages = said()
    for tag in PLURALS:
        with catalog_path(tag).open("rb") as file:
            catalog = read_po(file, locale=LANGUAGES[tag].babel)
        place = catalog_path(tag).name
        yield from (f"{place}: {problem}" for problem in _problems(tag, catalog, messages))


def update(tag: str) -> int:
    """Bring one catalogue's keys up to date; returns how many messages have no translation."""
    messages = said()
    with catalog_path(tag).open("rb") as file:
        known = read_po(file, locale=LANGUAGES[tag].babel)
    fresh = Catalog(locale=LANGUAGES[tag].babel)
    for singular, plural in NOUNS.values():
        for case in CASES[tag]:
            had = known.get(singular, context=case)
            fresh.add((singular, plural), had.string if had else "", context=case)
    for message in sorted(messages, key=lambda one: (one.casefold(), one)):
        had = known.get(message)
        fresh.add(message, had.string if had else "")
    body = BytesIO()
    write_po(body, fresh, width=99, omit_header=True)
    header = _HEADER.format(
        name=Locale.parse(LANGUAGES[tag].babel).english_name,
        babel=LANGUAGES[tag].babel,
        plurals=PLURALS[tag],
    )
    catalog_path(tag).write_bytes(header.encode() + body.getvalue())
    return sum(1 for message in fresh if message.id and not _is_translated(message))


def _problems(tag: str, catalog: Catalog, messages: set[str]) -> Iterator[str]:
    expected: set[tuple[str, str | None]] = {(message, None) for message in messages}
    expected |= {(singular, case) for singular, _ in NOUNS.values() for case in CASES[tag]}
    have = {(_key(message), message.context): message for message in catalog if message.id}
    for key, context in sorted(expected - have.keys(), key=str):
        yield f"missing{_of(context)}: {key!r} (run: python -m connector.locales update)"
    for key, context in sorted(have.keys() - expected, key=str):
        yield f"left over{_of(context)}: {key!r} is said nowhere"
    yield from _plural_problems(tag, catalog)
    for (key, context), message in have.items():
        for problem in _message_problems(tag, message):
            yield f"{problem}{_of(context)}: {key!r}"


def _plural_problems(tag: str, catalog: Catalog) -> Iterator[str]:
    """The header's formula must choose as CLDR does."""
    choose = c2py(catalog.plural_expr)
    locale = Locale.parse(LANGUAGES[tag].babel)
    names = [one for one in CATEGORIES if one == "other" or one in locale.plural_form.tags]
    wrong = [n for n in range(1000) if names[choose(n)] != locale.plural_form(n)]
    if wrong or catalog.num_plurals != len(names):
        yield f"Plural-Forms must be {PLURALS[tag]} (wrong for n = {wrong[:5]})"


def _message_problems(tag: str, message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    if not _is_translated(message):
        yield "not translated"
        return
    forms = _forms(message)
    if len(forms) > 1 and len(forms) != len(CATEGORIES):
        yield f"{len(forms)} plural forms"
    wanted = _fields(_key(message))
    for number, form in enumerate(forms):
        missing = wanted - _fields(form)
        if len(forms) == len(CATEGORIES) and number < NUMBERLESS:
            missing -= {"n"}
        if missing or _fields(form) - wanted:
            yield f"braces differ in {form!r}"
        if WRONG_SIGNS[tag].search(re.sub(r"\{[^}]*\}", "}", form)):
            yield f"punctuation of another script in {form!r}"


def _fields(text: str) -> set[str]:
    """Names in braces; a case after a colon does not count."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message) -> bool:
    forms = _forms(message)
    return bool(forms) and all(forms)


def _forms(message: Message) -> list[str]:
    if isinstance(message.string, str):
        return [message.string]
    return list(message.string or ())


def _of(context: str | None) -> str:
    return f" ({context})" if context else ""
