"""``python -m bench.recommend rank`` on shops and questions that are not as usual."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from bench.recommend.__main__ import main

DAY = date(2026, 3, 1)
NAMES = ("user", "basket", "day", "item", "title")
ODD = ["a b", "x\u2028y", 'q"uote', "كوب", "杯子", "\\n", "", "0", "😀", "new\nline", "tab\t", "é"]

Row = Sequence[Any]


@pytest.fixture
def run(tmp_path):
    """Run ``rank`` on rows and questions; gives what was printed."""

    def ask(
        rows: Sequence[Row], questions: str, names: Sequence[str] = NAMES, kind: Any = None
    ) -> Result:
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        types = dict.fromkeys(names, kind) if kind else {}
        if all(isinstance(row[2], date) for row in rows):
            types["day"] = pa.date32()
        table = pa.table({one: pa.array(columns[one], types.get(one)) for one in names})
        if not rows:
            table = table.cast(pa.schema([(one, types.get(one, pa.string())) for one in names]))
        pq.write_table(table, tmp_path / "e.parquet")
        (tmp_path / "q.jsonl").write_text(questions, "utf-8")
        files = [("--events", "e.parquet"), ("--queries", "q.jsonl"), ("--out", "r.jsonl")]
        options = [str(part) for name, file in files for part in (name, tmp_path / file)]
        return CliRunner().invoke(main, ["rank", "--before", "2026-06-01", *options])

    return ask


@pytest.fixture
def asked(run, tmp_path):
    """The answers to questions."""

    def ask(rows, questions, names=NAMES, kind=None):
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in questions)
        done = run(rows, text, names, kind)
        assert done.exit_code == 0, done.output
        assert set(json.loads(done.output)) == {"build_seconds", "query_microseconds", "peak_mb"}
        return [
            json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").split("\n")[:-1]
        ]

    return ask


def test_a_small_catalogue_is_told_whole(asked):
    rows = [("u", "b1", DAY, item, "") for item in "abc"]
    answers = asked(rows, everything("u", "a"))
    assert [sorted(one["ranked"]) for one in answers[:4]] == [list("abc")] * 2 + [list("bc")] * 2


def test_nothing_before_the_day_is_nothing_to_say(asked):
    later = [("u", "b", date(2026, 6, 1), "a", "A mug")]
    for rows in (later, []):
        answers = asked(rows, everything("u", "a"))
        assert answers == [{"ranked": []}] * 4 + [{"p": 0.0}] * 2


def test_titles_may_be_missing_and_any_of_a_line_may_be_null(asked):
    rows: list[Row] = [("u", "b1", DAY, "a"), ("u", "b1", DAY, "b"), (None, "b2", DAY, "c")]
    rows += [("u", None, DAY, "d"), ("u", "b3", DAY, None), ("u", "b4", None, "e")]
    answers = asked(rows, everything("u", "a"), NAMES[:4])
    assert sorted(answers[0]["ranked"]) == ["a", "b", "c"]
    assert answers[2]["ranked"] == ["b", "c"]


def test_any_text_is_an_id(asked):
    rows = [(user, f"{user}{n}", DAY, item, item) for user in ODD for n, item in enumerate(ODD)]
    for odd in ODD:
        answers = asked(rows, everything(odd, odd))
        assert len(answers) == 6
        assert all(len(one["ranked"]) == 10 for one in answers[:4])
        assert odd not in answers[2]["ranked"] + answers[3]["ranked"]


def test_numbers_and_times_are_read_as_well(asked):
    at = datetime.combine(DAY, datetime.min.time())
    rows = [
        (user, user * 10 + n, at, item, "") for user in (1, 2) for n, item in enumerate((7, 8))
    ]
    answers = asked(rows, everything(1, 7))
    assert sorted(answers[0]["ranked"]) == ["7", "8"]
    assert answers[2]["ranked"] == ["8"]


def test_a_product_asked_about_twice_counts_once(asked):
    orders = [("a", "c")] * 9 + [("a", "d")] * 5 + [("b", "d")] * 9 + [("b", "c")] * 2
    rows = [("", str(n), DAY, one, "") for n, both in enumerate(orders) for one in both]
    once, twice = asked(
        rows, [{"kind": "bought_together", "items": one} for one in (["a", "b"], ["a", "a", "b"])]
    )
    assert once == twice


@pytest.mark.parametrize("days", [1, 7, 30.0, 90, 365, 3650])
def test_any_number_of_days_has_a_chance(asked, days):
    rows = [
        (f"u{user}", f"{user}.{n}", DAY - timedelta(user + 30 * n), f"i{user % 9}", "")
        for user in range(40)
        for n in range(5)
    ]
    questions = [
        {"kind": "reorder", "user": user, "item": item, "days": days}
        for user in ("u1", "nobody")
        for item in ("i1", "unknown")
    ]
    questions += [{"kind": "buys_within", "user": user, "days": days} for user in ("u1", "nobody")]
    chances = [one["p"] for one in asked(rows, questions)]
    assert all(0 <= one <= 1 for one in chances)


def test_who_is_erased_is_told_what_a_stranger_is(asked):
    rows = [
        (f"u{user}", f"{user}.{n}", DAY - timedelta(user + n), f"i{(user * n) % 14}", "")
        for user in range(20)
        for n in range(6)
    ]
    erased = [(None if row[0] == "u3" else row[0], *row[1:]) for row in rows]
    assert asked(erased, everything("u3", "i1")) == asked(erased, everything("stranger", "i1"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{}", "not a question"),
        ("[]", "not a question"),
        ('{"kind": "horoscope"}', "not a question"),
        ('{"kind": "reorder", "user": "u", "item": "a"}', "days missing"),
        ('{"kind": "similar"}', "items missing"),
        ('{"kind": "similar", "items": null}', "items is no list"),
        ('{"kind": "bought_together", "items": 5}', "items is no list"),
        ("{", "not a question"),
        *(
            (f'{{"kind": "buys_within", "user": "u", "days": {days}}}', "days is no whole number")
            for days in ("0", "-5", "null", '"x"', "Infinity", "NaN", "1.5", "true", "1e300")
        ),
    ],
)
def test_what_is_no_question_is_named_with_its_line(run, line, said):
    done = run([("u", "b", DAY, "a", "")], '{"kind": "for_you", "user": "u"}\n\n' + line)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert done.output.startswith(f"Error: line 3: {said}")
    assert done.output.count("\n") == 1


def test_what_a_kind_does_not_need_is_ignored(asked):
    rows = [("u", "b", DAY, "a", "")]
    (told,) = asked(rows, [{"kind": "for_you", "user": "u", "days": None, "items": 5}])
    assert told == {"ranked": ["a"]}


@pytest.mark.parametrize(
    ("rows", "names", "said"),
    [
        ([("u", "b", DAY)], ("user", "basket", "day"), "columns missing: item"),
        ([("u", "b", "yesterday", "a")], NAMES[:4], "column day cannot be read"),
        ([("u", "b", DAY, ["a"])], NAMES[:4], "column item cannot be read"),
    ],
)
def test_what_holds_no_order_lines_is_named(run, rows, names, said):
    done = run(rows, '{"kind": "for_you", "user": "u"}', names)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert done.output.startswith(f"Error: e.parquet: {said}")
    assert done.output.count("\n") == 1


def everything(user: object, item: object) -> list[dict[str, Any]]:
    """A question of every kind."""
    return [
        {"kind": "buy_again", "user": user},
        {"kind": "for_you", "user": user},
        {"kind": "bought_together", "items": [item]},
        {"kind": "similar", "items": [item]},
        {"kind": "reorder", "user": user, "item": item, "days": 30},
        {"kind": "buys_within", "user": user, "days": 90},
    ]


def test_two_users_may_count_their_orders_alike(asked):
    rows = [("u", "1", DAY, item, "") for item in "ab"] + [("v", "1", DAY, "c", "")]
    apart = [(*row[:1], f"{row[0]}-1", *row[2:]) for row in rows]
    asks = [*everything("u", "a"), *everything("v", "c")]
    assert asked(rows, asks) == asked(apart, asks)


def test_a_basket_of_two_days_is_of_the_first_whatever_the_order_of_lines(asked):
    late = DAY + timedelta(days=40)
    rows = [("u", "1", late, "a", ""), ("u", "1", DAY, "b", ""), ("v", "2", late, "c", "")]
    asks = [*everything("u", "a"), *everything("v", "c")]
    told = [asked(lines, asks) for lines in (rows, rows[::-1])]
    first = [("u", "1", DAY, item, "") for item in "ab"]
    assert told[0] == told[1] == asked([*first, rows[2]], asks)


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_texts_may_be_of_any_arrow_kind(asked, kind):
    rows = [("u", "1", DAY, item, "A mug") for item in "ab"]
    asks = everything("u", "a")
    assert asked(rows, asks, kind=kind) == asked(rows, asks)
