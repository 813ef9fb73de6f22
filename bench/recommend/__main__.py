"""``python -m bench.recommend rank`` and ``compare``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bench.recommend import comparing, events, ranking, rows

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
    asked = [_question(line) for line in queries.read_text("utf-8").split("\n") if line.strip()]
    answers = ranking.Answers(events.read(lines, day), day)
    answers.prepare(asked)
    told, microseconds = ranking.timed(answers, asked)
    out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told), "utf-8")
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


def _question(line: str) -> Mapping[str, Any]:
    try:
        asked = json.loads(line)
        missing = ranking.NEEDED[asked["kind"]] - asked.keys()
    except (LookupError, TypeError, ValueError) as problem:
        known = ", ".join(ranking.NEEDED)
        raise click.ClickException(f"not a question of a kind of {known}: {line}") from problem
    if missing:
        raise click.ClickException(f"{', '.join(sorted(missing))} missing: {line}")
    return {**asked, "days": int(asked["days"])} if "days" in asked else asked


if __name__ == "__main__":
    main()
