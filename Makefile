# The one door: everything a developer or CI types.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TERRAFORM := $(shell command -v terraform || command -v tofu)
EXAMPLE := examples/magicbook/homeport.yml
# Containers often set it. Without caches every process compiles what it imports: 55 s for each of pytest's workers.
unexport PYTHONDONTWRITEBYTECODE

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock)"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

install: $(VENV)/.ready ## install everything, pinned

up: install ## the reference platform, running on this machine
	@$(BIN)/homeport --file $(EXAMPLE) up

down: install ## stop it
	@$(BIN)/homeport --file $(EXAMPLE) down

test: lint ## lint, and all tests
	$(BIN)/pytest tests -n 4 -q

check: lint ## lint, and pure tests
	$(BIN)/pytest tests -m "not integration" -n auto -q

lint: install ## format, rules, types, terraform fmt
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(TERRAFORM) fmt -check -recursive homeport/terraform/modules

fix: install ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(TERRAFORM) fmt -recursive homeport/terraform/modules

docs: install ## the reference pages, from the schema and --help
	$(BIN)/python -m homeport.cli.docs

lock: install ## resolve requirements.lock anew
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 --no-header --upgrade -q -o requirements.lock

bench: install ## the figures that the documents quote
	$(BIN)/python -m tests.bench

bench-db: install ## the figures of moving databases
	$(BIN)/python -m tests.bench db_catalog db_large db_compare db_capture db_cutover db_timeline db_copy db_parts

long: install ## integration tests at every point, and with ten times the odd input
	HOMEPORT_LONG=1 $(BIN)/pytest tests -m integration -n 4 -q

torture: install ## moves that are killed at every point, and 200 times at random
	HOMEPORT_LONG=1 $(BIN)/pytest tests/postgres -m integration -n 4 -q
	$(BIN)/python -m tests.torture --kills 200

soak: install ## memory under an hour of load (SOAK_MINUTES)
	$(BIN)/python -m tests.bench soak

.PHONY: help install up down test check lint fix docs lock bench bench-db long torture soak
