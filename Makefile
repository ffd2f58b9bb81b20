# Two commands that work on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help demo test test-clearml test-pythons lint bench lock reliability fuzz clean

help:           ## what can be made
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

# One virtual environment a purpose, made anew when pyproject.toml changes.
$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.demo  ## rank, gate, audit and guard real experiments, with no server
	@$(BIN)/python examples/demo.py

test: $(VENV)/.dev   ## every test
	$(BIN)/python -m pytest -n auto

test-clearml: $(VENV)/.dev  ## hold the server that CLEARML_API_HOST names to what we rely on (in a project of its own)
	EXPFLOW_TEST_CLEARML=1 $(BIN)/python -m pytest tests/sources/test_clearml_server.py

lint: $(VENV)/.dev   ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-pythons:        ## the tests of what runs in users' interpreters, on each Python that is at hand
	@.ci/pythons

BENCHMARKS := hook_start scan_files scan_push startup rank_experiments clearml_requests action_seconds

bench: $(VENV)/.bench  ## the tables of the README: budgets beside their references (ripgrep is wanted)
	@for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || over="$$over $$name"; done; \
	  [ -z "$$over" ] || { echo "over budget, or not run:$$over"; exit 1; }

reliability: $(VENV)/.dev  ## the README's reliability table: kills, full disks, races, memory, and an hour of fuzzing
	@$(BIN)/python benchmarks/reliability.py

fuzz: $(VENV)/.dev   ## 100,000 fuzz inputs a target
	EXPFLOW_FUZZ=100000 $(BIN)/python -m pytest -n auto tests/fuzz

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

# One resolution for every Python from 3.10 on, wheels only: what the Action installs is what was reviewed.
lock: $(VENV)/.dev   ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --only-binary :all: --generate-hashes \
		--custom-compile-command 'make lock' --output-file requirements.lock pyproject.toml

clean:               ## remove what the other targets made
	rm -rf $(VENV) .venvs build dist .mypy_cache .pytest_cache .ruff_cache
