# `make run` starts the program, `make test` checks it. Both work on a fresh machine with Python >= 3.11, as root or not.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: help run install test test-quick test-browser test-journeys check check-static fmt bench chaos faults clean requirements chromium peers

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

run: $(VENV)/stamp ## install what is missing and start everything; Ctrl-C ends it
	@exec $(PY) -m config.cli run

install: $(VENV)/stamp ## only install: dependencies, the command `priyom`, translations, bytecode
	@$(PY) -m config.translations
	@$(PY) -m compileall -q config priyom

test: test-quick test-browser test-journeys ## all tests: quick ones and pages in parallel, then journeys one at a time

test-quick: $(VENV)/stamp-dev peers
	$(PY) -m pytest -n $(JOBS) -m "not journey and not browser"

test-browser: $(VENV)/stamp-dev chromium
	$(PY) -m pytest -n $(JOBS) -m "browser and not journey"

test-journeys: $(VENV)/stamp-dev chromium
	$(PY) -m pytest -m journey

check: check-static test-quick ## style, types, import rules, documents and the quick tests

check-static: $(VENV)/stamp-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest tests/test_docs.py

fmt: $(VENV)/stamp-dev ## put the code into its form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/stamp-dev ## measure, beside others too, and print tables (about 30 minutes; BENCH=--quick: 6)
	$(PY) -m bench $(BENCH)

chaos: $(VENV)/stamp-dev ## kill the program at its every line and balance the books (an hour or more)
	$(PY) -m journeys.chaos

faults: $(VENV)/stamp-dev ## cut machines, disks and clocks off for minutes, and live a model's many lives (an hour)
	PRIYOM_LONG=1 $(PY) -m pytest -m "journey or browser" journeys/test_faults.py journeys/test_hosts.py
	PRIYOM_LONG=1 $(PY) -m pytest priyom/delivery/tests/test_model.py

clean: ## remove the virtual environment and caches; data in var/ stay
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

PINS := $(VENV)/pins/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --resolver=backtracking

requirements: $(VENV)/pins/bin/pip-compile ## pin the newest versions of requirements*.in
	$(PINS) --upgrade --output-file requirements.txt requirements.in
	$(PINS) --upgrade --output-file requirements-dev.txt requirements-dev.in
	$(PINS) --upgrade --output-file peers/requirements.txt peers/requirements.in
	$(PINS) --upgrade --output-file bench/peers/requirements.txt bench/peers/requirements.in

$(VENV)/pins/bin/pip-compile: | $(PY)
	$(PY) -m venv $(VENV)/pins
	$(VENV)/pins/bin/python -m pip install --quiet --disable-pip-version-check pip-tools

# Debian keeps `venv` in a package of its own.
$(PY):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Нужен Python 3.11 или новее (команда python3). Debian/Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Ставлю python3-venv..."; \
			apt-get update -qq </dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv </dev/null >/dev/null; \
		else \
			echo "Не хватает модуля venv. Debian/Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; \
		fi; fi
	@echo "Создаю виртуальное окружение в $(VENV)..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/stamp: requirements.txt pyproject.toml | $(PY)
	@echo "Ставлю зависимости (один раз, несколько минут)..."
	@$(PIP) install -qq --require-hashes -r requirements.txt
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/stamp-dev: requirements-dev.txt $(VENV)/stamp
	@$(PIP) install -qq --require-hashes -r requirements-dev.txt
	@touch $@

# Third parties that check our channels: libraries in an environment of their own, npm packages, Debian's programs.
# Where they cannot be had (no root, no Node.js) the tests that need them say so and are skipped.
PEER_PROGRAMS := postfix dovecot-imapd kannel baresip-core sip-tester espeak-ng
peers: $(VENV)/stamp-peers $(VENV)/stamp-peer-programs ## install the third parties' libraries and programs that tests use

$(VENV)/stamp-peers: peers/requirements.txt peers/package-lock.json | $(PY)
	@[ -x $(VENV)/peers/bin/python ] || $(PYTHON) -m venv $(VENV)/peers
	@$(VENV)/peers/bin/python -m pip --disable-pip-version-check --no-input install -qq --require-hashes -r peers/requirements.txt
	@if command -v npm >/dev/null; then npm ci --prefix peers --silent --no-audit --no-fund --ignore-scripts; fi
	@touch $@

$(VENV)/stamp-peer-programs: Makefile | $(PY)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Ставлю программы, с которыми сверяются каналы..."; \
		apt-get update -qq </dev/null && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PEER_PROGRAMS) </dev/null >/dev/null; fi
	@touch $@

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	as_root=""; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; \
	if ! command -v apt-get >/dev/null || ! $$as_root true 2>/dev/null; then \
		echo "Для проверок в браузере нужен chromium: поставьте его (Debian: sudo apt-get install chromium)" >&2; exit 1; fi; \
	echo "Ставлю chromium..."; \
	$$as_root apt-get update -qq </dev/null && \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium </dev/null >/dev/null
