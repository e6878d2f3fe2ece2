.DEFAULT_GOAL := help
# 3.11 if it is installed, else the newest that is. pyenv finds a version only if it is named.
PYTHON ?= $(or $(shell for version in 3.11 3.14 3.13 3.12; do \
  PYENV_VERSION=$$version python$$version -c 'import sys; print(sys._base_executable)' 2>/dev/null && break; done),python3)
TREE := {{cookiecutter.__folder}}
BIN := .venv/bin
# Caches stay out of the template: cookiecutter would take them for its files.
export RUFF_CACHE_DIR := $(CURDIR)/.ruff_cache
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/ready  ## make a project in build/demo, run it, and show where to look
	$(BIN)/python tools/demo.py

.PHONY: prove
prove: .venv/ready  ## judge any project with git and DVC from outside: make prove PROJECT=folder OPTIONS="..."
	PYTHONPATH="$(CURDIR)/src" $(BIN)/python -P -m probado prove "$(PROJECT)" $(OPTIONS)

.PHONY: wheel
wheel: .venv/ready  ## build the judge from src/ into the projects' requirements/, once when work on it is done
	$(BIN)/python tools/wheel.py

.PHONY: test
test: .venv/ready lint  ## every test, 15 to 40 minutes, by the machine
	$(BIN)/pytest -n 2 --dist worksteal --durations=20

.PHONY: test-fast
test-fast: .venv/ready  ## the tests that take seconds
	$(BIN)/pytest -m "not slow" -n 2

.PHONY: lint
lint: .venv/ready  ## style and types of the template; the tests check those of the projects that it makes
	$(BIN)/ruff check $(UNRENDERED) .
	$(BIN)/ruff format --check $(TEMPLATES) .
	$(BIN)/mypy
	cd *cookiecutter.__folder* && ../$(BIN)/mypy --cache-dir ../.mypy_cache/mlops --config-file ../pyproject.toml mlops

.PHONY: format
format: .venv/ready  ## rewrite the code in its style
	$(BIN)/ruff check --fix $(UNRENDERED) .
	$(BIN)/ruff format $(TEMPLATES) .

# The projects' own tests and notebooks import a module that has no name yet: they are checked in the projects.
TEMPLATES := --exclude '*cookiecutter.__folder*/tests' --exclude '*.ipynb'
# A module's name and a pyproject.toml that are still to be rendered are no mistakes.
UNRENDERED := $(TEMPLATES) --extend-ignore N999,RUF200

.PHONY: lock
lock: .venv/ready  ## bring every lock up to date, the template's and the projects' (UPGRADE=1: newest versions)
	$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: bench
bench: .venv/ready  ## measure what README and docs state, side by side, in build/bench
	$(BIN)/python -m benchmarks

# No --quiet: it hides the warnings from --strict too.
.PHONY: docs
docs: .venv/ready  ## build the documentation site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open build/site/index.html"

.PHONY: clean
clean:  ## remove what the other targets made
	rm -rf build .venv .mypy_cache .pytest_cache .ruff_cache

# pip checks every file against the lock's hashes.
.venv/ready: requirements.lock
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; \
	  v >= (3, 11) or sys.exit("Python 3.11 or newer is needed, found %d.%d: make PYTHON=python3.11" % v[:2])'
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install -qq --no-deps --require-hashes --requirement requirements.lock
	touch $@
