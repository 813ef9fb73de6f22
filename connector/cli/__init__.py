"""``perennial``: the operator's command line. Scripts can read it; bad news exits non-zero."""

from __future__ import annotations

import logging
import sys

import click

from connector.cli import book, demo, exchange, importing, process, tenant
from connector.core.errors import PerennialError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Log every step.")
def perennial(*, verbose: bool) -> None:
    """Makes a shop's customers come back."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )


for _command in (
    process.serve,
    process.worker,
    process.migrate,
    process.key,
    demo.demo,
    importing.import_,
    book.verify,
    book.inbox,
    tenant.shop,
    tenant.member,
    exchange.members,
):
    perennial.add_command(_command)


def main() -> None:
    """Run the command line; an expected refusal is one line on stderr and exit code 1."""
    try:
        perennial(prog_name="perennial")
    except PerennialError as problem:
        click.echo(str(problem), err=True)
        sys.exit(1)
