"""``python -m bench.recommend rank`` and ``compare``."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bench.recommend import comparing, events, ranking, rows

_DAYS = range(1, 36_501)  # that may be asked about: a century
_MOST_SHOWN = 200  # letters of a line
_DAY = click.DateTime(["%Y-%m-%d"])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Measure recommendations as the product makes them."""


@main.command()
@click.option("--events", "lines", type=_FILE, required=True, help="Parquet of order lines.")
@click.option(
    "--before", type=_DAY, required=True, help="Lines of this day and later are ignored."
)
@click.option("--queries", type=_FILE, required=True, help="One JSON question a line.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Answers, in order.")
def rank(lines: Path, before: datetime, queries: Path, out: Path) -> None:
    """Build from EVENTS what the product builds, and answer QUERIES."""
    day = before.date()
    asked = [
        _question(number, line)
        for number, line in enumerate(queries.read_bytes().split(b"\n"), 1)
        if line.strip()
    ]
    try:
        told = events.read(lines, day)
    except events.Unreadable as problem:
        raise click.ClickException(f"{lines.name}: {problem}") from None
    answers = ranking.Answers(told, day)
    answers.prepare(asked)
    said, microseconds = ranking.timed(answers, asked)
    out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in said), "utf-8")
    click.echo(
        json.dumps(
            {
                "build_seconds": round(answers.build_seconds, 3),
                "query_microseconds": microseconds,
                "peak_mb": round(answers.peak_mb, 1),
            }
        )
    )


@main.command()
def compare() -> None:
    """Print the product's lists beside its peers', on the real shops of the benchmarks."""
    for line in comparing.tables():
        click.echo(line)


@main.command("rows")
def print_rows() -> None:
    """Print what ten products and ten members of Online Retail are shown, and why."""
    for line in rows.tables():
        click.echo(line)


def _question(number: int, line: bytes) -> Mapping[str, Any]:
    """What a line asks, as it is answered; ClickException for what is no question."""
    try:
        asked = json.loads(line)
        needed = ranking.NEEDED[asked["kind"]]
    except (LookupError, TypeError, ValueError):
        said = f"not a question of a kind of {', '.join(ranking.NEEDED)}"
    else:
        missing = sorted(needed - asked.keys())
        said = f"{', '.join(missing)} missing" if missing else _wrong(asked, needed)
    if said:
        told = line.decode("utf-8", "replace").strip()
        raise click.ClickException(f"line {number}: {said}: {told[:_MOST_SHOWN]}")
    kept = {name: asked[name] for name in ("kind", *needed)}
    return kept | {"days": int(kept["days"])} if "days" in kept else kept


def _wrong(asked: Mapping[str, Any], needed: Collection[str]) -> str:
    """What is wrong with a value that a question needs."""
    days = asked.get("days")
    is_number = isinstance(days, int | float) and not isinstance(days, bool)
    if "days" in needed and not (is_number and days in _DAYS):
        return f"days is no whole number from 1 to {_DAYS[-1]}"
    if "items" in needed and not isinstance(asked["items"], list):
        return "items is no list"
    return ""


if __name__ == "__main__":
    main()
