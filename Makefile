# `make up` runs Kadens on this machine, `make test` runs every test. Both need only Python >= 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Tests and what they start are hundreds of processes, and Python compiles every module in each of
# them unless it may keep what it compiled. Empty is as if the variable were not set.
export PYTHONDONTWRITEBYTECODE :=
# Processes that test side by side. Each may start a database, a log and doors of its own, and waits
# for these about half of its time: four keep two cores busy.
JOBS ?= 4
PARALLEL := --dist loadscope --no-loadscope-reorder
# What `make quick` tests: the pure core, and the doors over a log and a store in memory. Such tests
# wait for nothing, so it takes a process for each core.
QUICK := tests/examples tests/model tests/parsers tests/stream/compute tests/derivation tests/alerts tests/ingest tests/web tests/runtime

# An interpreter fits when it is new enough; that of the environment needs its pip too.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
WITH_PIP := import sys, importlib.util as u; sys.exit(u.find_spec("pip") is None or sys.version_info < (3, 11))
define INSTALL
	@python=$(BIN)/python; $$python -I -c '$(WITH_PIP)' 2>/dev/null || python="$(PYTHON)"; \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo "error: Kadens needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1);" \
	    "name another one: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }; \
	$$python -I kadens/local/install.py $(VENV)
endef

.PHONY: messages up test quick check bench docs types chaos attack fuzz lock help runtime .venv

help:
	@echo "make up ARGS='--demo'     run everything on this machine, with simulated patients"
	@echo "make test                 every test, on JOBS=4 processes (ARGS go to pytest)"
	@echo "make quick                the tests that need no server, about a minute of two free cores"
	@echo "make check                linter, formatter, type checker, import guards"
	@echo "make bench                speed, as ratios against named baselines (ARGS go to the bench)"
	@echo "make docs                 write the pages of docs/ that are made from the code"
	@echo "make chaos SEEDS=200      so many fault schedules over Apache Kafka, from SEED=1 (PLANT=ack-before-commit must be found)"
	@echo "make attack               hostile bodies and floods against a running product, one table (ARGS='poison floods' picks)"
	@echo "make fuzz SECONDS=600     changed bodies over all readers, from SEED=1; finds lie in build/fuzz (ARGS='--reader files')"
	@echo "make fuzz ARGS='--count 1000000 --processes 4'  so many changed bodies in pieces; run again, it goes on where it was ended"
	@echo "make .venv                only create the virtual environment"
	@echo "make messages             collect the texts of all pages into their catalogues, to be translated there"
	@echo "make lock                 resolve the dependencies of pyproject.toml again (needs uv)"

# what running needs, and what testing and checking need on top
runtime:
	$(INSTALL) runtime

.venv:
	$(INSTALL) development

up: runtime
	@$(BIN)/kadens up $(ARGS)

test: .venv
	$(BIN)/python -m pytest -n $(JOBS) $(PARALLEL) $(ARGS)

quick: .venv
	$(BIN)/python -m pytest -q -n auto $(PARALLEL) -m "not server and not slow" --hypothesis-profile=quick $(QUICK) $(ARGS)

types: .venv
	$(BIN)/mypy .

check: types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q tests/guards

bench: .venv
	$(BIN)/python -m bench $(ARGS)

docs: .venv
	$(BIN)/python -m kadens.reference
	$(BIN)/python -m tests.guards.reference
	$(BIN)/python -m tests.guards.vendor_pages
	$(BIN)/python -m tests.guards.privacy_page
	$(BIN)/python -m tests.guards.module_map
	$(BIN)/python -m tests.fhir.sample

chaos: .venv
	$(BIN)/python -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) $(if $(PLANT),--plant $(PLANT)) $(ARGS)

attack: .venv
	$(BIN)/python -m tests.attack $(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: .venv
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

# each folder with texts in several languages: its templates and its catalogues
TEXTS := ingest/uploads patient
messages: .venv
	mkdir -p build
	for room in $(TEXTS); do \
	  $(BIN)/pybabel -q extract --no-location -F ingest/uploads/locale/babel.cfg -o build/messages.pot $$room/templates; \
	  for file in $$room/locale/*.po; do $(BIN)/pybabel -q update --no-fuzzy-matching --no-wrap --omit-header \
	    -i build/messages.pot -o $$file -l $$(basename $$file .po); done; done
	# the clinician door has texts in its Python too, and in the rooms that word what it shows
	$(BIN)/pybabel -q extract --no-location --sort-output -k RequestRefused:2 -F clinic/locale/babel.cfg -o build/messages.pot .
	for file in clinic/locale/*.po; do $(BIN)/pybabel -q update --no-fuzzy-matching --no-wrap --omit-header \
	  --ignore-obsolete -i build/messages.pot -o $$file -l $$(basename $$file .po); done

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
