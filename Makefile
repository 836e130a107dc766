# `make up` runs Kadens on this machine, `make test` runs every test. Both need only Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
ROOTS := alerts ingest parsers storage stream

.PHONY: up test check bench types chaos lock

.PHONY: .venv
.venv: $(VENV)/.stamp

$(VENV)/.stamp: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

up: .venv
	$(BIN)/kadens up $(ARGS)

test: .venv
	$(BIN)/python -m pytest $(ARGS)

# The type checker does not follow setuptools' editable mapping; a folder of links shows it the namespace.
types: .venv
	rm -rf build/types && mkdir -p build/types/kadens
	for f in kadens/*; do case $$f in *__pycache__) ;; *) ln -s ../../../$$f build/types/kadens/ ;; esac; done
	for d in $(ROOTS); do ln -s ../../../$$d build/types/kadens/$$d; done
	MYPYPATH=build/types $(BIN)/mypy -p kadens
	MYPYPATH=build/types $(BIN)/mypy tests bench

check: types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q tests/guards

bench: .venv
	$(BIN)/python -m bench $(ARGS)

chaos: .venv
	$(BIN)/python -m pytest -m chaos tests/chaos $(ARGS)
