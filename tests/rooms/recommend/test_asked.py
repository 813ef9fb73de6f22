"""``python -m bench.recommend rank``: what acceptance and users' own trials ask."""

import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bench.recommend.__main__ import main

FIRST = date(2026, 1, 1)
ITEMS = [f"i{number}" for number in range(24)]
LISTS: list[dict[str, Any]] = [
    {"kind": "buy_again", "user": "u3"},
    {"kind": "for_you", "user": "u3"},
    {"kind": "buy_again", "user": "nobody"},
    {"kind": "for_you", "user": "nobody"},
    {"kind": "bought_together", "items": ["i3"]},
    {"kind": "bought_together", "items": ["i3", "i4", "unknown"]},
    {"kind": "similar", "items": ["i3"]},
    {"kind": "similar", "items": ["unknown"]},
]


@pytest.fixture
def asked(tmp_path):
    """Write events and questions, run, and give (answers, what was printed)."""

    def ask(questions, *, rename=str, turned=False):
        rows = [
            (f"u{user}", f"b{user}.{order}", FIRST + timedelta(user + 30 * order), ITEMS[item])
            for user in range(30)
            for order in range(4)
            for item in (user % 7, user % 7 + 7, 14 + (user + order) % 10)
        ]
        rows += [("u1", "later", date(2026, 6, 1), "future")] * 9
        rows += [("", "guest", FIRST, "i13")]
        rows = [(*row[:3], rename(row[3])) for row in (reversed(rows) if turned else rows)]
        names = ("user", "basket", "day", "item")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        events, queries, out = (tmp_path / name for name in ("e.parquet", "q.jsonl", "r.jsonl"))
        pq.write_table(pa.table(columns), events)
        queries.write_text("".join(json.dumps(one) + "\n" for one in questions))
        options = ["--events", events, "--queries", queries, "--out", out]
        command = ["rank", "--before", "2026-06-01", *map(str, options)]
        done = CliRunner().invoke(main, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        answers = [json.loads(line) for line in out.read_text().splitlines()]
        return answers, json.loads(done.output)

    return ask


def test_lists_are_filled_to_ten_and_repeat_nothing(asked):
    answers, told = asked(LISTS)
    for question, answer in zip(LISTS, answers, strict=True):
        ranked = answer["ranked"]
        assert len(ranked) == len(set(ranked)) == 10
        assert set(ranked) <= set(ITEMS)  # nothing of the future
        assert not set(ranked) & set(question.get("items", ()))
    assert set(told) == {"build_seconds", "query_microseconds", "peak_mb"}
    assert answers[4]["ranked"][0] == "i10"
    assert set(answers[0]["ranked"][:2]) == {"i3", "i10"}
    assert not set(answers[1]["ranked"]) & {"i3", "i10", "i17", "i18", "i19", "i20"}


def test_chances_are_chances(asked):
    answers, _ = asked(
        [
            {"kind": "reorder", "user": "u3", "item": "i3", "days": 30},
            {"kind": "reorder", "user": "u3", "item": "i8", "days": 30},
            {"kind": "reorder", "user": "nobody", "item": "unknown", "days": 30},
            {"kind": "buys_within", "user": "u3", "days": 90},
            {"kind": "buys_within", "user": "nobody", "days": 90},
        ]
    )
    chances = [answer["p"] for answer in answers]
    assert all(0 <= one <= 1 for one in chances)
    assert chances[0] > chances[1] >= chances[2] == 0


def test_neither_names_nor_the_sequence_of_rows_matter(asked):
    lists = [one for one in LISTS if "user" in one]
    straight, _ = asked(lists)
    turned, _ = asked(lists, turned=True)
    assert turned == straight
    renamed, _ = asked(lists, rename=lambda item: f"new {item}")
    assert [[one[4:] for one in answer["ranked"]] for answer in renamed] == [
        answer["ranked"] for answer in straight
    ]
