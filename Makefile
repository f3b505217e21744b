# Everything starts from a machine that has only Python 3.11-3.13 and pip. `make` alone lists what there is.
SHELL := /bin/sh
# The first that runs and is of a version we support; a name on PATH alone proves neither (version managers put shims there).
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(or $(shell for p in python3.13 python3.12 python3.11 python3 python; do $$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done),python3)
VENV := .venv
BIN := $(VENV)/bin
only ?= all
# A file of tests stays on one process, so that those that share a broker find it there.
PROCESSES := -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup run test real-brokers check bench format lock translations

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## make .venv from requirements.lock, and what Qt needs of the system

$(VENV)/.ready: requirements.lock pyproject.toml scripts/setup.py
	@$(PYTHON) scripts/setup.py $(VENV)
	@touch $@

run: setup ## open the window (without a display: the tour, into ./tour)
	@$(BIN)/python scripts/run.py

test: setup ## every test
	@$(BIN)/python -m pytest $(PROCESSES)

real-brokers: setup ## RabbitMQ, Apache Kafka, a Schema Registry, kcat and amqp-tools for the contract tests; says what it cannot get
	@$(BIN)/python scripts/real_brokers.py

check: setup ## ruff, mypy, import contracts, translations, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/translations.py check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir $(VENV)/site

bench: setup ## the benchmarks, one JSON object a line; `make bench only=flood.lost` for one
	@$(PYTHON) scripts/setup.py $(VENV) --bench
	@$(BIN)/python -m benchmarks $(only)

format: setup ## let ruff write the layout
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .

lock: ## compile the lock files again
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --group bench --universal --generate-hashes --no-header --quiet -c requirements.lock -o requirements-bench.lock

translations: setup ## gather strings into resources/translations and compile them
	@$(BIN)/python scripts/translations.py update
