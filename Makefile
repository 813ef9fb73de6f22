# Every door of the project. `make help` lists them.

PYTHON ?= python3
UV     ?= uv==0.13.9
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
CODE := $(foreach folder,connector adapters devstore tests bench,$(if $(wildcard $(folder)/*.py),$(folder)))

# What `make check` runs, in this order. To add a check, write a target and add its name here.
CHECKS := check-format check-lint check-types check-walls check-graphql check-widgets check-extensions \
	check-plugin check-catalogues check-locks

# A finished installation leaves a mark named after the locks, so a second run costs nothing.
LOCKED := $(shell cat requirements*.txt | cksum | cut -d' ' -f1)
ready   = $(VENV)/.ready-$(1)-$(LOCKED)
# Two doors opened at once install one after the other, where the system can lock.
ONE_AT_A_TIME := $(if $(shell command -v flock),flock .venv.lock)

.DEFAULT_GOAL := help
.PHONY: help setup run test check $(CHECKS) bench bench-quick plugin lock migrate fmt clean

help:  ## list these doors
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(call ready,dev)  ## make .venv with everything pinned (Python >= 3.11 is all it needs)
	@:

run: $(call ready,run)  ## start web, worker and the practice shop; Ctrl-C stops all
	$(BIN)/perennial demo run $(ARGS)

test: setup  ## all tests, on SQLite and PostgreSQL; ARGS="-k refund" narrows
	$(BIN)/pytest -n 2 $(ARGS)

check: setup $(CHECKS)  ## format, lint, types, walls, GraphQL, locks; no tests

check-format: setup
	$(BIN)/ruff format --check .

check-lint: setup
	$(BIN)/ruff check .

check-types: setup
	$(BIN)/mypy $(CODE)

check-walls: setup
	$(BIN)/lint-imports

check-graphql: setup
	$(BIN)/python -m adapters.shopify.graphql_check

check-widgets: setup
	$(BIN)/python static/widgets/check.py

check-extensions: setup
	$(BIN)/python adapters/shopify/extensions/check.py

check-plugin: setup
	$(BIN)/python -m adapters.woocommerce.php_check

check-catalogues: setup
	$(BIN)/python -m connector.locales

check-locks:
	@if grep -nE '://' requirements*.txt; then echo "A lock names a host (above). Run make lock."; exit 1; fi

bench: setup  ## every benchmark beside its limit
	$(BIN)/python -m bench $(ARGS)

bench-quick: setup  ## the same in about a minute
	$(BIN)/python -m bench --quick $(ARGS)

plugin: $(call ready,run)  ## build/perennial-loyalty.zip for WordPress; ARGS=https://... names your service
	$(BIN)/python -m adapters.woocommerce.packing build/perennial-loyalty.zip $(ARGS)

migrate: $(call ready,run)  ## bring the database of DATABASE_URL to the newest schema
	$(BIN)/perennial migrate

fmt: setup  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" pyproject.toml

lock: setup  ## rewrite requirements*.txt from pyproject.toml; ARGS=--upgrade for newer versions
	$(BIN)/python -m pip install --quiet --only-binary :all: "$(UV)"
	$(COMPILE) $(ARGS) --output-file requirements.txt
	$(COMPILE) $(ARGS) --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(MAKE) --no-print-directory check-locks

clean:  ## remove what the other doors made, .venv too
	rm -rf $(VENV) .venv.lock .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------- installing

$(call ready,run):
	@$(ONE_AT_A_TIME) $(MAKE) --no-print-directory install-run

$(call ready,dev):
	@$(ONE_AT_A_TIME) $(MAKE) --no-print-directory install-dev

# uv installs in a tenth of the time; where it cannot be had or cannot reach the index, pip does.
# uv does not read pip's configuration, so it is told which index pip uses.
install-%: LOCK = $(if $(filter dev,$*),requirements-dev.txt,requirements.txt)
install-%:
	@if test -e $(call ready,$*); then exit 0; fi; set -e; \
	test -x $(BIN)/pip || $(MAKE) --no-print-directory $(BIN)/pip; \
	$(BIN)/python -m pip install --quiet --only-binary :all: "$(UV)" || true; \
	index=$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)}; \
	if test -n "$$index"; then UV_DEFAULT_INDEX=$$index; export UV_DEFAULT_INDEX; fi; \
	with_pip="$(BIN)/python -m pip install --quiet --use-pep517"; with_uv=$$with_pip; \
	test ! -x $(BIN)/uv || with_uv="$(BIN)/uv pip install --quiet --python $(BIN)/python"; \
	echo "Installing $(LOCK) into $(VENV)"; \
	$$with_uv --require-hashes -r $(LOCK) || $$with_pip --require-hashes -r $(LOCK); \
	$$with_uv --no-deps -e . || $$with_pip --no-deps -e .; \
	touch $(call ready,run) $(call ready,$*)

# Some systems ship venv without pip; then the system's pip puts one inside.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Perennial needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 setup")'
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
