"""PostgreSQL's own benchmark program, which comes with the server: what the database can do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from tests import postgres

TRANSACTIONS = 250  # a second and client, roughly
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def tps(
    url: str,
    script: str | None,
    *,
    clients: int,
    seconds: float,
    variables: Mapping[str, str] | None = None,
) -> float:
    """Transactions a second of ``script``, or of the built-in one that is like TPC-B."""
    values = [f"--define={name}={value}" for name, value in (variables or {}).items()]
    common = [f"--client={clients}", "--jobs=2", "--protocol=prepared", "--no-vacuum", *values]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        chosen = "--builtin=tpcb-like"
        if script is not None:
            file.write(script)
            file.flush()
            chosen = f"--file={file.name}"
        told = _pgbench(url, *common, _length(seconds), chosen)
    found = _TPS.search(told)
    assert found, told
    return float(found[1])


def _length(seconds: float) -> str:
    """Whole seconds as they are; a part of one, which pgbench does not know, as work to do."""
    if seconds >= 1:
        return f"--time={round(seconds)}"
    return f"--transactions={round(seconds * TRANSACTIONS)}"


def make_tpcb(url: str, scale: int) -> None:
    """The tables of the built-in scripts: 100,000 accounts for each of ``scale``."""
    _pgbench(url, "--initialize", "--quiet", f"--scale={scale}")


def _pgbench(url: str, *arguments: str) -> str:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(
        [_binary(), *arguments, plain], check=False, text=True, capture_output=True
    )
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:]}")
    return done.stdout


@cache
def _binary() -> str:
    """Beside the server that the benchmarks started, else on the path."""
    own = Path(os.environ.get(postgres.RUN_DIRECTORY, "")) / "cluster" / "bin" / "pgbench"
    found = str(own) if own.exists() else shutil.which("pgbench")
    if found is None:
        raise RuntimeError("pgbench is not installed; it comes with PostgreSQL's server")
    return found
