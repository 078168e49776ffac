# Everything a newcomer needs: python3 >= 3.11, make and a package index.
#
#   make demo        a replica of the NCAA directory that misbehaves, synced into a database file while you watch
#   make test        lint, types, layers, tests
#   make kills       kill processes a hundred times between commit and delivery; no event may be lost
#   make lint        the first three of them
#   make kill-matrix kill syncs 200 times on each database, and write down where
#   make bench       the benchmarks
#   make docs        the documentation, into site/
#   make reference   renew the generated part of docs/reference, after a change of settings, commands or errors
#   make picture     renew the picture of the README, and those of the dashboard, from real runs
#   make clean       remove what was built, and the caches of the tools; the environment .venv stays

PYTHON ?= python3
WORKERS ?= auto

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INPUTS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test kills lint kill-matrix bench docs reference picture clean

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/.core
	$(BIN)/headgate demo

test: lint
	$(BIN)/python -m pytest -n $(WORKERS)

kills: .venv/.test
	EVENT_KILLS=100 $(BIN)/python -m pytest --timeout 3600 tests/faults/events

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

kill-matrix: .venv/.test
	$(BIN)/python tools/kill_matrix.py

bench: .venv/.bench
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: .venv/.docs
	$(BIN)/mkdocs build --strict

reference: .venv/.test
	$(BIN)/python tools/reference.py

picture: .venv/.test
	$(BIN)/python tools/picture.py
	$(BIN)/python tools/screenshots.py

clean:
	rm -rf build dist site demo headgate-demo.db headgate-demo.db-wal headgate-demo.db-shm
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headgate needs Python 3.11 or later; set PYTHON=python3.12, for example.")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

.venv/.core: .venv/.made $(INPUTS)
	$(PIP) --editable .
	@touch $@

.venv/.test: .venv/.made $(INPUTS)
	$(PIP) --editable '.[all]' --group test --group lint
	@touch $@ .venv/.core

.venv/.bench: .venv/.test
	$(PIP) --group bench
	@touch $@

.venv/.docs: .venv/.core
	$(PIP) --group docs
	@touch $@
