"""Check or update the catalogues. Exits 1 and names every difference."""

from __future__ import annotations

import click

from connector.core.i18n import LANGUAGES, SOURCE
from connector.locales import catalogues, styles


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Compare every catalogue with what the code and the templates say."""
    if context.invoked_subcommand is None:
        problems = [*catalogues.problems(), *styles.problems()]
        for problem in problems:
            click.echo(problem)
        if problems:
            raise SystemExit(1)


@main.command()
def update() -> None:
    """Add missing messages, empty, and drop those that nothing says any more."""
    for tag in LANGUAGES:
        if tag != SOURCE.tag:
            click.echo(f"{tag}: {catalogues.update(tag)} messages to translate")


main()
