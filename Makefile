# Two commands: `make run` starts everything, `make test` checks everything. Nothing but Python 3.11 is needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --no-header --no-annotate \
	--generate-hashes --upgrade

.PHONY: run test lint bench prove lock
.DEFAULT_GOAL := run

run: $(VENV)/run
	@$(BIN)/python manage.py dev

# By file: pytest-xdist 3.8's groups do nothing under pytest 9.2, and a running stack serves a whole file.
test: lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/dev
	@$(BIN)/python -m tests.bench $(ARGS)

# Kills everything, again and again, takes both servers away, and counts afterwards: about half an hour;
# ARGS=--slice, two minutes.
prove: $(VENV)/dev
	@$(BIN)/python -m tests.chaos $(ARGS)

lock: $(VENV)/dev
	@$(COMPILE) requirements.in --output-file requirements.lock
	@$(COMPILE) requirements-dev.in --output-file requirements-dev.lock

# A stamp holds the lock file that was installed: a changed lock makes the environment anew, nothing else does.
$(VENV)/run: requirements.lock
	@cmp -s $< $@ || cmp -s requirements-dev.lock $(VENV)/dev || $(MAKE) --no-print-directory environment LOCK=$<
	@cp $< $@

$(VENV)/dev: requirements-dev.lock
	@cmp -s $< $@ || $(MAKE) --no-print-directory environment LOCK=$<
	@cp $< $@

.PHONY: environment
environment:
	@$(if $(PYTHON),true,echo "Python 3.11 or newer is needed, and there is no python3." && exit 1)
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit(f"Python 3.11 or newer is needed; $(PYTHON) is {v}.")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || (echo "Python lacks its venv module: apt-get install python3-venv" && exit 1)
	@echo "Installing $(LOCK) into $(VENV) …"
	@cmp -s requirements.lock $(VENV)/run || rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r $(LOCK)
