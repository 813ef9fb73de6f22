"""A paper set on A4 pages as PDF: mirrored where it is read from the right, and numbered.

Fonts take a moment and some memory, so only who asks for a PDF imports this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from connector.core.i18n import without_bidi_controls
from connector.web.papers import Cell, Paper
from connector.web.papers.lines import drawable, runs, wrapped
from connector.web.tongue import own

FONTS = Path(__file__).parent / "fonts"
FAMILIES = ("noto-sans", "noto-sans-arabic", "noto-sans-tc")
WIDE, HIGH, MARGIN, FOOT = 595.28, 841.89, 56.0, 40.0  # points, as everything here
TITLE, LEAD, TEXT, FINE = 20.0, 12.0, 10.0, 8.5
LEADING, GAP = 1.6, 14.0
LABEL, FIGURE, BETWEEN = 150.0, 90.0, 12.0
INK, GREY, LIGHT = 30, 100, 215  # of 255, which is paper
HAIR, BOLD = 0.5, 0.02  # there is one weight for all scripts: bold is an outline


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float = TEXT
    ink: int = INK
    is_strong: bool = False

    @property
    def high(self) -> float:
        return self.size * LEADING


@dataclass(frozen=True, slots=True)
class _Column:
    """start: from where lines begin in the reader's direction."""

    start: float
    wide: float
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line of text on a page, or a rule where there is none."""

    column: _Column
    top: float
    line: _Line | None = None


class _Document(FPDF):
    """A PDF that also says what it shows: glyphs of Arabic are parts of letters."""

    @contextmanager
    def saying(self, text: str) -> Iterator[None]:
        """What is drawn within, as whoever searches, copies or listens is to get it."""
        self._out(f"/Span <</ActualText <FEFF{text.encode('utf-16-be').hex()}>>> BDC")
        yield
        self._out("EMC")


_Row = tuple[Sequence[_Column], Sequence[Sequence[_Line]]]
_WHOLE = _Column(MARGIN, WIDE - 2 * MARGIN)
_FACT = (_Column(MARGIN, LABEL), _Column(MARGIN + LABEL, _WHOLE.wide - LABEL))
_FOOT = (
    _Column(MARGIN, _WHOLE.wide - FIGURE),
    _Column(MARGIN + _WHOLE.wide - FIGURE, FIGURE, is_figure=True),
)


@dataclass(slots=True)
class _Setting:
    """Marks are placed first and drawn when it is known how many pages they fill."""

    pdf: _Document
    is_rtl: bool
    known: frozenset[int]
    pages: list[list[_Mark]] = field(default_factory=lambda: [[]])
    y: float = MARGIN
    head: _Row | None = None  # said again on each page
    widths: dict[str, float] = field(default_factory=dict)  # of pieces, in TEXT

    def row(self, columns: Sequence[_Column], cells: Sequence[Sequence[_Line]]) -> None:
        """Cells beside each other, on one page where they fit on one."""
        broken = [self.broken(*each) for each in zip(columns, cells, strict=True)]
        high = max(sum(line.high for line in cell) for cell in broken)
        if self.y + high > HIGH - MARGIN > MARGIN + high:
            self.turn()
        for place in range(max(map(len, broken))):
            beside = [
                (column, cell[place])
                for column, cell in zip(columns, broken, strict=True)
                if place < len(cell)
            ]
            tall = max(line.high for _, line in beside)
            if self.y + tall > HIGH - MARGIN:
                self.turn()
            self.pages[-1] += [_Mark(column, self.y, line) for column, line in beside]
            self.y += tall

    def paragraph(self, line: _Line) -> None:
        self.row([_WHOLE], [[line]])

    def turn(self) -> None:
        """Go on on a new page."""
        self.pages.append([])
        self.y = MARGIN
        if self.head:
            self.row(*self.head)

    def broken(self, column: _Column, cell: Sequence[_Line]) -> list[_Line]:
        """A cell's texts in lines that fit its column."""
        return [
            _Line(text, line.size, line.ink, line.is_strong)
            for line in cell
            for text in wrapped(
                drawable(line.text, self.known), column.wide, partial(self._wide, line.size)
            )
        ]

    def _wide(self, size: float, text: str) -> float:
        if text not in self.widths:
            self.widths[text] = sum(wide for _, _, wide in self._runs(TEXT, text))
        return self.widths[text] * size / TEXT

    def _runs(self, size: float, text: str) -> list[tuple[str, bool, float]]:
        """A text as it stands, from left to right: each run, its direction and its width."""
        self.pdf.set_font(FAMILIES[0], size=size)
        told = list[tuple[str, bool, float]]()
        for run, is_rtl in runs(text, is_rtl=self.is_rtl):
            self.pdf.set_text_shaping(direction="rtl" if is_rtl else "ltr")
            told.append((run, is_rtl, self.pdf.get_string_width(run, normalized=True)))
        return told

    def draw(self, mark: _Mark) -> None:
        """Put a mark onto the page that is open."""
        pdf, column, line = self.pdf, mark.column, mark.line
        left = WIDE - column.start - column.wide if self.is_rtl else column.start
        if line is None:
            pdf.set_draw_color(LIGHT)
            pdf.set_line_width(HAIR)
            pdf.line(left, mark.top, left + column.wide, mark.top)
            return
        told = self._runs(line.size, line.text)
        if column.is_figure != self.is_rtl:  # its lines end on the right
            left += column.wide - sum(wide for _, _, wide in told)
        pdf.set_text_color(line.ink)
        pdf.set_draw_color(line.ink)
        pdf.set_line_width(line.size * BOLD)
        pdf.text_mode = TextMode.FILL_STROKE if line.is_strong else TextMode.FILL
        with pdf.saying(without_bidi_controls(line.text)):
            for run, is_rtl, wide in told:
                pdf.set_text_shaping(direction="rtl" if is_rtl else "ltr")
                pdf.current_font_is_set_on_page = False  # it may have been undone with a colour
                pdf.set_xy(left, mark.top)
                pdf.cell(wide, line.high, run)
                left += wide


def pdf(paper: Paper) -> bytes:
    """The paper as a PDF file. The same paper is the same bytes."""
    document = _document(paper)
    setting = _Setting(document, paper.language.direction == "rtl", _known(document))
    setting.paragraph(_Line(paper.title, TITLE, is_strong=True))
    setting.paragraph(_Line(paper.lead, LEAD))
    setting.y += GAP
    for label, cell in paper.facts:
        setting.row(_FACT, [[_Line(label, ink=GREY)], _lines(cell)])
    setting.y += GAP
    _table(setting, paper)
    setting.y += GAP
    for note in paper.notes:
        setting.paragraph(_Line(note, FINE, GREY))
    _number(setting, paper)
    for marks in setting.pages:
        document.add_page()
        for one in marks:
            setting.draw(one)
    return bytes(document.output())


def _document(paper: Paper) -> _Document:
    document = _Document(unit="pt", format="A4")
    document.set_auto_page_break(auto=False)
    document.c_margin = 0
    document.set_title(without_bidi_controls(paper.title))
    document.set_author(" ".join(without_bidi_controls(paper.author).split()))
    document.set_producer("Perennial")
    document.set_lang(paper.language.tag)
    document.set_creation_date(paper.made_at)
    document.viewer_preferences = ViewerPreferences(display_doc_title=True)
    for name in FAMILIES:
        document.add_font(name, fname=FONTS / f"{name}.ttf")
    document.set_fallback_fonts(FAMILIES[1:], exact_match=False)
    return document


def _known(document: FPDF) -> frozenset[int]:
    """The code points that one of its fonts has."""
    fonts = (font for font in document.fonts.values() if isinstance(font, TTFFont))
    return frozenset[int]().union(*(font.cmap for font in fonts))


def _lines(cell: Cell) -> list[_Line]:
    main = _Line(cell.text, is_strong=cell.is_strong)
    return [main, _Line(cell.fine, FINE, GREY)] if cell.fine else [main]


def _table(setting: _Setting, paper: Paper) -> None:
    figures = len(paper.table.heads) - 1
    first = _WHOLE.wide - figures * (FIGURE + BETWEEN)
    starts = (MARGIN + first + place * (FIGURE + BETWEEN) for place in range(figures))
    columns = [
        _Column(MARGIN, first),
        *(_Column(start + BETWEEN, FIGURE, is_figure=True) for start in starts),
    ]
    head = columns, [[_Line(text, FINE, GREY)] for text in paper.table.heads]
    setting.row(*head)
    setting.head = head
    for cells in paper.table.rows:
        setting.pages[-1].append(_Mark(_WHOLE, setting.y))
        setting.row(columns, [_lines(cell) for cell in cells])
    setting.head = None


def _number(setting: _Setting, paper: Paper) -> None:
    """At each foot: whose paper it is, and which page of how many."""
    whose = f"{own(paper.author)} · {paper.title}"
    t, number = paper.language.text, paper.language.number
    pages = number(len(setting.pages))
    for page, marks in enumerate(setting.pages, 1):
        place = t("Page {page} of {pages}", page=number(page), pages=pages)
        for column, text in zip(_FOOT, (whose, place), strict=True):
            line = setting.broken(column, [_Line(text, FINE, GREY)])[0]
            marks.append(_Mark(column, HIGH - FOOT, line))
