# `make compose` (compose a piece), `make studio` (in the browser) and `make test` (everything, checked).
# All set themselves up on a machine with Python 3.11 or newer, make and pip.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: compose studio page test check format docs clean help

help:
	@echo "make compose   compose a 16-bar piece into out/"
	@echo "make studio    compose and edit in the browser"
	@echo "make page      build the Studio's page anew, and test it (Node 20.19 or newer)"
	@echo "make test      install everything, check and test"
	@echo "make check     lint, types, walls between rooms, documentation examples"

compose: $(VENV)/.default
	$(BIN)/firmus compose --bars 16 --force $(ARGS)

studio: $(VENV)/.studio
	$(BIN)/firmus studio $(ARGS)

test: check
	$(BIN)/python -m pytest tests -n auto -m "not cluster"
	$(BIN)/python -m pytest tests -m cluster

check: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest src --doctest-modules

# The page is built into the package, so that nobody else needs Node.
page:
	cd web && npm ci --no-audit --no-fund && npm run check && npm test && npm run build

format: $(VENV)/.all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.default: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --only-binary :all: --constraint constraints.txt hatchling editables
	$(PIP) --prefer-binary --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.studio: $(VENV)/.default
	$(PIP) --prefer-binary --constraint constraints.txt --no-build-isolation --editable ".[service,audio]"
	@touch $@

# torch first and alone: its CPU build, not the gigabytes that a range would bring.
$(VENV)/.all: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --constraint constraints.txt torch==2.13.0
	$(PIP) --constraint constraints.txt hatchling editables
	$(PIP) --prefer-binary --constraint constraints.txt --no-build-isolation --editable ".[all]"
	@touch $@ $(VENV)/.default

clean:
	rm -rf web/node_modules $(VENV) out cache runs .mypy_cache .ruff_cache .import_linter_cache
