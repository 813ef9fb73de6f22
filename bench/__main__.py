"""``python -m bench [--quick] [--strict] [NAME ...]``: every benchmark that registers, one table.

With --strict, exit code 1 if a ratio misses its target by more than a fifth: identical runs differ
that much when anything else uses the machine.
"""

from __future__ import annotations

import importlib
import pkgutil
import time

import click

import bench
from bench import BENCHMARKS, Figure

SLACK = 0.2
_ROW = "{:<44} {:>10} {:>10}  {:<6} {}"


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes: about a minute altogether.")
@click.option("--strict", is_flag=True, help="Fail if a target is missed by more than a fifth.")
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...], *, quick: bool, strict: bool) -> None:
    """Run the benchmarks NAMES, or all of them."""
    for module in pkgutil.iter_modules(bench.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"bench.{module.name}")
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        raise click.UsageError(f"no {sorted(unknown)}; there are: {', '.join(sorted(BENCHMARKS))}")
    click.echo(_ROW.format("benchmark", "reached", "target", "", "figures"))
    missed = 0
    for name in sorted(names or BENCHMARKS):
        started = time.monotonic()
        for figure in BENCHMARKS[name](quick):
            click.echo(_line(name, figure))
            missed += not figure.holds(SLACK)
        click.echo(f"{name}: {time.monotonic() - started:.0f} s", err=True)
    if missed and strict:
        raise SystemExit(1)


def _line(name: str, figure: Figure) -> str:
    target, verdict = "", ""
    if figure.target is not None:
        target = f"{'<=' if figure.at_most else '>='}{figure.target:,g}{figure.unit}"
        verdict = "ok" if figure.holds() else "near" if figure.holds(SLACK) else "MISSED"
    reached = f"{figure.value:,.{0 if figure.value >= 100 else 2}f}{figure.unit}"
    return _ROW.format(f"{name}: {figure.name}", reached, target, verdict, figure.absolute)


if __name__ == "__main__":
    main()
