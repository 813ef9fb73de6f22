"""`make check` looks at the plugin's PHP with what is installed, and says what it did without."""

import pytest

from adapters.woocommerce import php_check

PHPCS = """#!/bin/sh
if test "$1" = -i; then echo "The installed coding standards are PSR12, {standard}"; exit; fi
echo "looked: $*"; exit 1
"""


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Only what a test puts there is installed."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin/nothing")

    def put(name, script):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    return put


def test_without_tools_it_says_so_and_passes(tools, capsys):
    assert php_check.main() == 0
    told = capsys.readouterr().out
    assert "php is not installed" in told
    assert "phpcs is not installed" in told


def test_what_php_cannot_read_is_named(tools, capsys):
    tools(
        "php", '#!/bin/sh\ncase "$2" in *class-wire.php) echo "no sense in $2"; exit 255;; esac\n'
    )
    assert php_check.main() == 1
    assert "class-wire.php" in capsys.readouterr().err


def test_phpcs_without_wordpress_standards_is_of_no_use(tools, capsys):
    tools("phpcs", PHPCS.format(standard="PEAR"))
    assert php_check.main() == 0
    assert "no standard WordPress" in capsys.readouterr().out


def test_what_phpcs_says_fails_the_check(tools, capsys):
    tools("phpcs", PHPCS.format(standard="WordPress"))
    assert php_check.main() == 1
    assert "looked: --standard=WordPress" in capsys.readouterr().err
