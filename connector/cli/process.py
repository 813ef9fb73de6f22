"""Processes: web, worker, migrate; and the keys of an installation, made and rotated."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from urllib.parse import urlsplit

import click
from granian import Granian
from granian.constants import Interfaces

from connector import migrations
from connector import settings as settings_
from connector.app import create_runtime
from connector.core.keyring import KeyRing, hash_key, reseal
from connector.listeners.models import listener
from connector.members.models import member_import_chunk, member_key
from connector.runtime import Runtime
from connector.settings import Settings
from connector.shops.models import credential
from connector.worker.engine import Engine

PORT = 8400
ID = click.IntRange(0, 2**63 - 1)  # of a shop, member or message


def settings() -> Settings:
    """The settings of this environment, or one refusal that lists all that is wrong."""
    return settings_.read(os.environ)


def runtime() -> Runtime:
    """The parts of a command that looks or changes, and may wake the workers."""
    told = settings()
    return create_runtime(told, Engine(told.jobs_url))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=PORT, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; SQLite takes one.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web doors."""
    told = settings()
    if told.database_url.startswith("sqlite") and workers != 1:
        raise click.UsageError("SQLite has one writer: use --workers 1, or PostgreSQL")
    runtime().database.dispose()  # what the web processes would refuse is said once, and here
    logging.getLogger("_granian").addFilter(_is_news)
    Granian(
        "connector.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=told.web_threads,
        websockets=False,
        log_access=False,
    ).serve()


def _is_news(record: logging.LogRecord) -> bool:
    """All but that there are more threads than processors: ours wait for commits."""
    return "Python threads" not in record.getMessage()


@click.command()
def worker() -> None:
    """Do what the doors asked for, until told to end."""
    told = settings()
    engine = Engine(told.jobs_url)
    engine.run(create_runtime(told, engine), threading.Event())


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    url = settings().database_url
    migrations.migrate(url)
    scheme = urlsplit(url).scheme
    click.echo(f"migrated {scheme} {Path(urlsplit(url).path).name}")


@click.group(invoke_without_command=True)
@click.pass_context
def key(context: click.Context) -> None:
    """Print a new key for SECRET_KEYS."""
    if context.invoked_subcommand is None:
        click.echo(KeyRing.new_key())


@key.command()
def rotate() -> None:
    """Bring every secret under the first of SECRET_KEYS; afterwards the others may be removed."""
    parts = runtime()
    for sealed in (
        hash_key.c.sealed,
        credential.c.secret,
        member_key.c.key,
        member_import_chunk.c.sealed,
        listener.c.secret,
        listener.c.old_secret,
    ):
        count = reseal(parts.database, parts.keys, sealed)
        click.echo(f"{sealed.table.name}  {count}")
