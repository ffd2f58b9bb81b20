# Two commands that work on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN    := $(VENV)/$(SCRIPTS)
# A worker that has nothing left takes tests from another: files take seconds or minutes.
PARALLEL := -n auto --dist worksteal

.PHONY: help demo test test-fast coverage mutants test-callbacks test-notebook test-clearml record-trackers test-newest test-lowest test-pythons lint bench build wheelhouse docs calibration reference lock reliability fuzz clean

help:           ## what can be made
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

# For what asks the package index without tools/environment.py, which has words of its own.
OR_OFFLINE = || { echo "make $@: not done, see above; is the package index reachable?" >&2; exit 1; }

# One virtual environment a purpose, from its lock files, made anew when one of them changes.
ENVIRONMENT := $(PYTHON) tools/environment.py
COMMON      := tools/environment.py pyproject.toml requirements.lock requirements-build.lock

.venvs/.demo: $(COMMON)
	@$(ENVIRONMENT) .venvs/demo requirements.lock && touch $@

$(VENV)/.dev: $(COMMON) requirements-dev.lock
	@$(ENVIRONMENT) $(VENV) requirements-dev.lock && touch $@

.venvs/.bench: $(COMMON) requirements-dev.lock requirements-bench.lock
	@$(ENVIRONMENT) .venvs/bench requirements-dev.lock requirements-bench.lock && touch $@

.venvs/.docs: $(COMMON) requirements-docs.lock
	@$(ENVIRONMENT) .venvs/docs requirements.lock requirements-docs.lock && touch $@

demo: .venvs/.demo   ## rank, gate, audit and guard real experiments, with no server
	@.venvs/demo/$(SCRIPTS)/python examples/demo.py

test: $(VENV)/.dev   ## every test
	$(BIN)/python -m pytest $(PARALLEL)

test-fast: $(VENV)/.dev  ## the tests that take milliseconds, for a change in the making
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

coverage: $(VENV)/.dev  ## every test, with the branches that it and its subprocesses took; the floor is in pyproject.toml
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest $(PARALLEL) -m "not unmeasured" $(TESTS)
	@$(BIN)/python -m coverage combine --quiet 2>&1 | grep -v "^ \|data file" || true  # those of processes that were killed
	$(BIN)/python -m coverage report

mutants: $(VENV)/.dev  ## turn each exit code of an error into 0, one at a time, and name those that no test notices
	@$(BIN)/python tools/mutants.py

.venvs/.callbacks: $(COMMON) requirements-test.lock requirements-callbacks.lock
	@$(ENVIRONMENT) .venvs/callbacks requirements-test.lock requirements-callbacks.lock && touch $@

# On Linux, PyTorch brings gigabytes for graphics cards: so this is no part of `make test`, and a job of the workflow.
test-callbacks: .venvs/.callbacks  ## the callbacks, driven by Lightning, transformers, Keras, Hydra and MLflow themselves
	.venvs/callbacks/$(SCRIPTS)/python -m pytest tests/callbacks

# They quarrel about pandas and protobuf, so MLflow has an environment of its own; large, so no part of `make test`.
record-trackers: $(VENV)/.dev  ## write the recorded runs anew with MLflow, W&B, TensorBoard, Optuna and trackio, and try them
	@test -x .venvs/mlflow/$(SCRIPTS)/mlflow || { $(PYTHON) -m venv .venvs/mlflow && \
	  .venvs/mlflow/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check mlflow; }
	@test -x .venvs/trackers/$(SCRIPTS)/optuna || { $(PYTHON) -m venv .venvs/trackers && \
	  .venvs/trackers/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check optuna trackio wandb tensorboard; }
	$(BIN)/python tests/conformance/renew.py
	$(BIN)/python -m pytest tests/conformance

test-notebook:       ## a notebook executed by Jupyter, data frames and Parquet (pandas, pyarrow: the extra `data`)
	@test -x .venvs/notebook/$(SCRIPTS)/python || $(PYTHON) -m venv .venvs/notebook
	@.venvs/notebook/$(SCRIPTS)/python -m pip install --quiet --disable-pip-version-check pytest hypothesis nbclient \
		nbformat ipykernel --editable '.[data]'
	.venvs/notebook/$(SCRIPTS)/python -m pytest tests/notebook

test-clearml: $(VENV)/.dev  ## hold the server that CLEARML_API_HOST names to what we rely on (in a project of its own)
	EXPFLOW_TEST_CLEARML=1 $(BIN)/python -m pytest tests/sources/test_clearml_server.py

lint: $(VENV)/.dev   ## ruff, mypy --strict for the package, and mypy for tests, tools and benchmarks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

# Locks for one run, not kept: what pyproject.toml allows today. Installed wheels only, so a bound without one is not true.
RESOLVE = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header pyproject.toml

.venvs/newest.lock: $(VENV)/.dev FORCE
	@$(RESOLVE) --extra test --extra dev --output-file $@ --upgrade $(OR_OFFLINE)

.venvs/lowest.lock: $(VENV)/.dev FORCE
	@$(RESOLVE) --extra test --extra dev --output-file $@ --upgrade --resolution lowest-direct $(OR_OFFLINE)

test-newest test-lowest: test-%: .venvs/%.lock  ## every test, on the newest (lowest) versions that pyproject.toml allows
	@$(ENVIRONMENT) .venvs/$* $<
	.venvs/$*/$(SCRIPTS)/python -m pytest $(PARALLEL) $(TESTS)

test-pythons:        ## the tests of what runs in users' interpreters, on each Python that is at hand
	@.ci/pythons requirements-test.lock

FORCE:

BENCHMARKS := hook_start commit_seconds scan_files scan_push registry_hooks startup rank_experiments clearml_requests action_seconds appends

bench: .venvs/.bench  ## the tables of docs/benchmarks.md (ripgrep is wanted); RECORD=1 appends them to benchmarks/runs/
	@export EXPFLOW_BENCH=$(if $(RECORD),bench-$$(git rev-parse --short=12 HEAD)); \
	for name in $(BENCHMARKS); do .venvs/bench/$(SCRIPTS)/python benchmarks/$$name.py || over="$$over $$name"; done; \
	[ -z "$$EXPFLOW_BENCH" ] || echo "{\"experiment_id\": \"$$EXPFLOW_BENCH\", \"status\": \"completed\"}" | \
	  .venvs/bench/$(SCRIPTS)/expflow-hooks run add -; \
	[ -z "$$over" ] || { echo "over budget, or not run:$$over"; exit 1; }

reference: $(VENV)/.dev  ## make the reference pages and JSON Schemas from the code
	@$(BIN)/python docs/make_reference.py

calibration: $(VENV)/.dev  ## how often gates pass a tie: the tables and the figure of docs/how-many-seeds.md
	@$(BIN)/python benchmarks/calibration.py --write

docs: .venvs/.docs   ## build the site into build/site; a warning is an error
	@.venvs/docs/$(SCRIPTS)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/site

reliability: $(VENV)/.dev  ## the table of docs/reliability.md: kills, full disks, races, memory, and an hour of fuzzing
	@$(BIN)/python benchmarks/reliability.py

fuzz: $(VENV)/.dev   ## 100,000 fuzz inputs a target
	EXPFLOW_FUZZ=100000 $(BIN)/python -m pytest $(PARALLEL) tests/fuzz

# One resolution for every Python from 3.10 on. Versions stay as they are while pyproject.toml allows them.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --only-binary :all:

lock:                ## renew requirements*.lock from pyproject.toml; UPGRADE=1 for the newest versions
	@[ -x $(BIN)/uv ] || $(MAKE) $(VENV)/.dev
	$(COMPILE) --output-file requirements.lock pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-build.lock --group build $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-test.lock --extra test --constraint requirements.lock pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-dev.lock --no-binary fysom --extra test --extra dev \
		--constraint requirements-test.lock pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-lowest.lock --extra test --extra clearml --resolution lowest-direct pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-bench.lock --extra bench --constraint requirements-dev.lock pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-callbacks.lock --no-binary antlr4-python3-runtime --extra test --extra callbacks \
		--constraint requirements-test.lock pyproject.toml $(OR_OFFLINE)
	$(COMPILE) --output-file requirements-docs.lock --extra docs --constraint requirements-dev.lock pyproject.toml $(OR_OFFLINE)

build: $(VENV)/.dev  ## the wheel and the archive of a release, checked, into dist/
	@rm -rf dist && mkdir dist
	@$(BIN)/python -c "from flit_core import buildapi; buildapi.build_wheel('dist'); buildapi.build_sdist('dist')"
	@$(BIN)/python tools/release.py check dist v$$($(BIN)/python tools/release.py version)

wheelhouse: $(VENV)/.dev  ## what the Action installs, for each Python, by hash, into wheelhouse/: for closed networks
	@for version in 3.10 3.11 3.12 3.13 3.14; do \
	  $(BIN)/python -m pip download --quiet --no-deps --require-hashes --only-binary :all: --python-version $$version \
	    --dest wheelhouse --requirement requirements.lock $(OR_OFFLINE); done
	@ls wheelhouse

clean:               ## remove what the other targets made
	rm -rf $(VENV) .venvs build dist wheelhouse .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache
