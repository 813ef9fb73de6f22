"""Papers as PDF: what is said is drawn, in either direction, and nothing breaks them."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from connector.core.i18n import LANGUAGES, LOCALES, without_bidi_controls
from connector.web.papers import Cell, Paper, Table, typeset
from connector.web.papers.lines import BOX, drawable, runs, wrapped
from connector.web.tongue import ltr, own
from tests.web.papers.reading import headed, opened, said

EN, AR, ZH = LANGUAGES["en"], LANGUAGES["ar"], LANGUAGES["zh-Hant"]


def paper(language=EN, **changed):
    told = Paper(
        language=language,
        title="Remittance #3",
        author="Acme",
        made_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
        lead="Acme owes Riverbank e.V. $2.50.",
        facts=[("Cause", Cell("Riverbank", "VR 7 DE")), ("Net", Cell("$2.50", is_strong=True))],
        table=Table(("By source", "Gross"), [(Cell("Gifts", "Winter"), Cell("$2.50"))]),
        notes=("A note.",),
    )
    return replace(told, **changed)


def drawn(made):
    """The letters of its glyphs, in no order: those of Arabic stand as they are seen."""
    return Counter("".join("".join(page.extract_text().split()) for page in opened(made).pages))


def test_what_is_said_is_drawn_and_the_file_says_what_it_is():
    made = typeset.pdf(paper())
    lines = said(made)
    assert lines[:2] == ["Remittance #3", "Acme owes Riverbank e.V. $2.50."]
    assert lines[-2:] == ["Acme · Remittance #3", "Page 1 of 1"]
    assert drawn(made) == Counter("".join("".join(lines).split()))
    file = opened(made)
    assert headed(made) == ("en", "Remittance #3", "Acme")
    box = file.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


def test_the_same_paper_is_the_same_bytes():
    assert typeset.pdf(paper()) == typeset.pdf(paper())
    assert typeset.pdf(paper()) != typeset.pdf(paper(lead="Acme owes nothing."))


@pytest.mark.parametrize(
    ("language", "lead"),
    [
        (AR, f"تدين {own('Acme')} بمبلغ {ltr('2.50 US$')} إلى {own('جمعية النهر')}."),
        (ZH, f"{own('艾克美')}應付 {own('河岸協會')} {ltr('US$2.50')}。"),
    ],
)
def test_every_script_of_ours_is_drawn(language, lead):
    made = typeset.pdf(paper(language, lead=lead))
    assert said(made)[1] == without_bidi_controls(lead)
    wanted = Counter(one for one in "".join(said(made)) if ord(one) > 0x5FF)
    assert {one: drawn(made)[one] for one in wanted} == wanted
    assert headed(made)[0] == language.tag


def test_every_letter_of_our_catalogues_has_a_font():
    files = [*LOCALES.glob("*.po")]
    letters = {one for file in files for one in file.read_text("utf-8")} - set(BOX)
    assert len(files) == len(LANGUAGES) - 1
    assert {one for one in letters if drawable(one, known()) == BOX} == set()


@cache
def known():
    return typeset._known(typeset._document(paper()))


def test_what_no_font_has_is_a_box_and_the_rest_stays():
    assert (
        drawable("A 🌍 देव\u200b 简 e\u0301\tB\r\nC\x00\u2028D", known())
        == f"A {BOX} {BOX}{BOX} {BOX} é B C D"
    )
    assert ord(BOX) in known()
    made = typeset.pdf(paper(lead=f"{own('🌍 देवनागरी')} end"))
    assert said(made)[1].endswith(f"{BOX} end")
    assert drawn(made)[BOX] == said(made)[1].count(BOX)


@pytest.mark.parametrize("language", [EN, AR, ZH])
@pytest.mark.parametrize(
    "name", ["W" * 200, "جمعية " * 33, "河" * 200, "Ab c" * 50, "\n\t \u200d", ""]
)
def test_no_name_is_too_long(language, name):
    cells = (Cell(own(name), own(name)), Cell("$2.50"))
    made = typeset.pdf(
        paper(language, lead=own(name), author=name, table=Table(("a", "b"), [cells]))
    )
    lines = "".join("".join(said(made)).split())
    assert lines.count("".join(name.split()).strip("\u200d")) >= 2


def test_many_rows_go_over_pages_that_are_numbered_below_the_same_head():
    rows = [(Cell(f"Row {number}"), Cell("$2.50")) for number in range(120)]
    lines = said(typeset.pdf(paper(table=Table(("By source", "Gross"), rows))))
    assert [one for one in lines if one.startswith("Row ")] == [f"Row {n}" for n in range(120)]
    pages = [one for one in lines if one.startswith("Page ")]
    assert pages == [f"Page {number} of {len(pages)}" for number in range(1, len(pages) + 1)]
    assert lines.count("By source") == len(pages) > 2


def test_lines_break_at_words_between_han_and_in_words_that_are_too_long():
    assert wrapped("one two three", 7, len) == ["one two", "three"]
    assert wrapped("abcdefghij k", 4, len) == ["abcd", "efgh", "ij k"]
    assert wrapped("河岸協會，好", 4, len) == ["河岸協", "會，好"]
    assert wrapped("", 4, len) == [""]


def test_a_direction_that_began_on_a_line_goes_on_in_the_next():
    told = wrapped("x \u2067aa bb\u2069 y", 5, lambda piece: len(without_bidi_controls(piece)))
    assert told == ["x \u2067aa\u2069", "\u2067bb\u2069 y"]


def test_runs_stand_as_they_are_seen_also_one_direction_inside_another():
    plain = runs("owes \u2066$2.50\u2069.", is_rtl=False)
    assert ("".join(text for text, _ in plain), any(rtl for _, rtl in plain)) == (
        "owes $2.50.",
        False,
    )
    mixed = drawable(f"to {own('جمعية Acme النهر')} now", known())
    assert ["".join(text.split()) for text, _ in runs(mixed, is_rtl=False)] == [
        "to", "النهر", "Acme", "جمعية", "now",
    ]  # fmt: skip
    assert [text.strip() for text, _ in runs("20 نوفمبر 2026", is_rtl=True)] == [
        "2026",
        "نوفمبر",
        "20",
    ]


def test_nobody_else_pays_for_the_fonts():
    asked = "import sys, connector.app; print({'fpdf', 'uharfbuzz', 'PIL'} & {*sys.modules})"
    command = [sys.executable, "-c", asked]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
