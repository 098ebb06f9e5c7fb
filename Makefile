# Needs Python 3.11 or newer and make; everything else comes into .venv, from the locked versions.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
UV_VERSION := 0.13.9
RUN_STAMP := .venv/.run.stamp
DEV_STAMP := .venv/.dev.stamp
UV := .venv/uv/bin/uv
BIN := .venv/bin
STACK := $(BIN)/python -m deploy.stack
PIP_QUIET := --quiet --disable-pip-version-check --no-input

export AIRFLOW_PORT SALESFORCE_PORT MAILCHIMP_PORT

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##  The stack

.PHONY: demo up down sync snapshot backfill
demo: $(RUN_STAMP) ## Run extraction, every audience and a night of activity once on made-up people, and end by itself
	@$(STACK) demo

up: $(RUN_STAMP) ## Start Airflow and the sandbox where they were left; they stay (AIRFLOW_PORT=8080 ...)
	@$(STACK) up

down: $(RUN_STAMP) ## Stop what `make up` started
	@$(STACK) down

sync: $(RUN_STAMP) ## Extract people and sync every audience once, in the running stack
	@$(STACK) sync

snapshot: $(RUN_STAMP) ## Take last night's activity, in the running stack
	@$(STACK) snapshot

backfill: $(RUN_STAMP) ## Rebuild the activity of past local days: FROM=2026-11-15 TO=2026-11-18
	@: $${FROM:?name the first day, FROM=YYYY-MM-DD} $${TO:?name the last day, TO=YYYY-MM-DD}
	@$(STACK) backfill "$(FROM)" "$(TO)"

##  Checks

.PHONY: test golden check conformance soak bench
test: $(DEV_STAMP) ## Run the test suite
	@$(BIN)/pytest -q -n 3 --dist loadscope --no-loadscope-reorder $(ARGS)

golden: $(DEV_STAMP) ## Write the stories of the golden world anew; read their diff
	@$(BIN)/pytest -q tests/golden --renew-golden

check: $(DEV_STAMP) ## Check style, types, import rules, dependencies and generated documents
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m deploy.documents --check
	$(UV) pip check --quiet --python $(BIN)/python

conformance: $(DEV_STAMP) ## Run the vendors' own clients against the sandbox
	@$(BIN)/pytest -q -m conformance $(ARGS)

soak: $(DEV_STAMP) ## Run long random histories, and cut the power of a whole stack
	@$(BIN)/pytest -q -m soak --hypothesis-profile random $(ARGS)

bench: $(DEV_STAMP) ## Measure speed and memory
	@for program in benchmarks/[a-z]*.py; do echo "== $$program"; $(BIN)/python -m "benchmarks.$$(basename $$program .py)"; done

##  Upkeep

.PHONY: setup docs lock clean
setup: $(DEV_STAMP) ## Install everything into .venv (the other targets do it as needed)

docs: $(DEV_STAMP) ## Write the generated documents anew
	@$(BIN)/python -m deploy.documents

lock: $(DEV_STAMP) ## Resolve requirements*.txt anew into the lock files
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade \
		requirements.txt requirements-airflow.txt -o requirements.lock
	@$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade \
		requirements-dev.txt -c requirements.lock -o requirements-dev.lock
	@for asked in tests/conformance/locks/*.in; do \
		$(UV) pip compile --universal --generate-hashes --python-version 3.11 --no-header --quiet --upgrade \
			$$asked -o $${asked%.in}.lock; \
	done

clean: ## Stop everything and remove what was installed and made, the data of `make up` included
	@if [ -x $(BIN)/python ]; then $(STACK) down; fi
	@rm -rf .venv .run data tests/conformance/node_modules tests/conformance/sf/node_modules tests/conformance/.programs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install $(PIP_QUIET) --target .venv/uv uv==$(UV_VERSION)

$(RUN_STAMP): requirements.lock $(UV)
	@if [ -e $(DEV_STAMP) ]; then $(MAKE) $(DEV_STAMP); else \
		echo "installing the locked packages"; \
		$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock; \
	fi
	@touch $@

$(DEV_STAMP): requirements.lock requirements-dev.lock $(UV)
	@echo "installing the locked packages, with those for checks and tests"
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	@touch $@
