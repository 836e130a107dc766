# `make up` runs Kadens on this machine, `make test` runs every test. Both need only Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# byte-compiling everything that is never imported would double the time of an installation
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --no-compile

.PHONY: up test check bench types chaos attack fuzz lock help .venv

help:
	@echo "make up ARGS='--demo'   run everything on this machine, with simulated patients"
	@echo "make test               every test (ARGS go to pytest)"
	@echo "make check              linter, formatter, type checker, import guards"
	@echo "make bench              speed, as ratios against named baselines (ARGS go to the bench)"
	@echo "make chaos SEEDS=200    so many fault schedules over Apache Kafka, from SEED=n (PLANT=ack-before-commit must be found)"
	@echo "make attack             hostile bodies and floods against a running product, one table (ARGS='poison floods' picks)"
	@echo "make fuzz SECONDS=600     changed bodies over all readers, from SEED=n; finds lie in build/fuzz (ARGS='--reader files')"
	@echo "make .venv              only create the virtual environment"
	@echo "make lock               resolve the dependencies of pyproject.toml again (needs uv)"

.venv: $(VENV)/.development

# what running needs
$(VENV)/.runtime: requirements.lock pyproject.toml
	@echo "installing what running needs, once: about half a minute" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements.lock >&2
	@$(PIP) --no-deps --no-build-isolation -e . >&2
	@touch $@

# what testing and checking need on top
$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	@echo "installing what testing needs, once" >&2
	@$(PIP) --require-hashes -r requirements-dev.lock >&2
	@touch $@

up: $(VENV)/.runtime
	@$(BIN)/kadens up $(ARGS)

test: .venv
	$(BIN)/python -m pytest $(ARGS)

types: .venv
	$(BIN)/mypy .

check: types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q tests/guards

bench: .venv
	$(BIN)/python -m bench $(ARGS)

chaos: .venv
	$(BIN)/python -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) $(if $(PLANT),--plant $(PLANT)) $(ARGS)

attack: .venv
	$(BIN)/python -m tests.attack $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: .venv
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
