"""What a line of a file of members means, and what it cannot mean."""

from io import BytesIO

import pytest

from connector.core.errors import BadInput
from connector.members import sheets
from connector.members.sheets import Layout, Refused, Sheet, Told

HEADER = ["Customer ID", "E-mail", "Name", "Points", "Birthday"]
ALL = Layout(sheets.guess(HEADER))


def line(*cells, layout=ALL):
    return sheets.read(2, [*cells, *[""] * (len(HEADER) - len(cells))], HEADER, layout)


def sheet(text):
    found = Sheet(BytesIO(text if isinstance(text, bytes) else text.encode()))
    return found.header, list(found)


def test_columns_are_guessed_by_what_they_are_called():
    assert ALL.columns == {
        "customer_key": "Customer ID",
        "email": "E-mail",
        "name": "Name",
        "points": "Points",
        "birthday": "Birthday",
    }
    assert sheets.guess(["email", "points"]) == {"email": "email", "points": "points"}
    assert sheets.guess(["x"]) == {}


def test_a_line_says_who_and_what():
    told = line("77", "mia@x.example", " Mia  ", "1,234", "1990-02-29")
    assert told == Told(2, "77", "mia@x.example", "Mia", 1234, "02-29")
    assert line("77") == Told(2, "77", None, None, None, None)
    assert line("", "a@b.example", "'=Mia") == Told(2, None, "a@b.example", "=Mia", None, None)


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        (("", "", "Mia"), "email", "identity_missing"),
        (("", "mia"), "email", "email_format"),
        (("7", "", "", "1.5"), "points", "points_format"),
        (("7", "", "", "-5"), "points", "points_format"),
        (("7", "", "", "٥"), "points", "points_format"),
        (("7", "", "", "12,34"), "points", "points_format"),
        (("7", "", "", "1000000001"), "points", "points_format"),
        (("7", "", "", "1", "2000-02-30"), "birthday", "birthday_format"),
        (("7", "", "", "1", "soon"), "birthday", "birthday_format"),
        (("7", "", "a\0b"), "name", "control_character"),
        (("7", "", "x" * 201), "name", "text_length"),
        (("7", "", "", "", "", "more"), "", "wrong_columns"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(cells, field, code):
    found = line(*cells)
    assert isinstance(found, Refused)
    assert (found.line, found.field, found.code) == (2, field, code)


@pytest.mark.parametrize(
    ("days", "text", "day"),
    [
        ("ymd", "1990-12-25", "12-25"),
        ("ymd", "12-25", "12-25"),
        ("mdy", "2/29/2000", "02-29"),
        ("dmy", "25.12.1990", "12-25"),
        ("dmy", "1/2", "02-01"),
        ("mdy", "1/2", "01-02"),
        ("ymd", "25.12.1990", None),
        ("ymd", "1990-12-25T00:00", None),
    ],
)
def test_a_birthday_is_read_in_the_order_of_its_parts(days, text, day):
    found = line("7", "", "", "", text, layout=Layout(ALL.columns, days))
    assert (found.birthday if isinstance(found, Told) else None) == day


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "plain", "'quoted", ""])
def test_what_leaves_is_no_formula_and_comes_back_as_it_was(text):
    out = sheets.neutral(text)
    assert not out.startswith(sheets.FORMULA)
    told = line("7", "", out)
    assert isinstance(told, Told)
    assert (told.name or "") == text.strip()


def test_a_file_may_come_from_any_spreadsheet():
    expected = (["email", "points"], [(2, ["a@b.example", "5"]), (4, ["c@d.example", "6\n7"])])
    text = 'email,points\r\na@b.example,5\r\n\r\nc@d.example,"6\n7"\r\n'
    assert sheet(text) == expected
    assert sheet(b"\xef\xbb\xbf" + text.encode()) == expected
    assert sheet(text.replace(",", ";")) == expected
    assert sheet(text.replace(",", "\t")) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "file_empty"),
        (b"\n", "wrong_column"),
        (b"a,a\n", "wrong_column"),
        (b"a,b\n\xff,1\n", "unreadable_line"),
        (b'a,b\n"x,1\n', "unreadable_line"),
        (b"a,b\n" + b"x" * 100_001, "line_too_long"),
    ],
)
def test_what_is_no_file_of_lines_is_refused(raw, code):
    with pytest.raises(BadInput, match=code):
        sheet(raw)


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        (Layout({}), "identity_column"),
        (Layout({"points": "Points"}), "identity_column"),
        (Layout({"email": "Mail"}), "column_missing"),
        (Layout({"email": "E-mail", "shoe": "Name"}), "unknown_field"),
        (Layout({"email": "E-mail"}, "ydm"), "day_order"),
    ],
)
def test_a_layout_fits_its_header(layout, code):
    with pytest.raises(BadInput, match=code):
        sheets.check(layout, HEADER)
