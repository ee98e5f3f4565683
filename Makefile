# Ordo. `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JSFORCE := tests/clients/jsforce/node_modules/.package-lock.json
ARGS ?=

.PHONY: help setup run demo test check format bench clean

help: ## lists the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## makes .venv with everything pinned

$(READY): requirements-dev.lock pyproject.toml
	@echo "Installing Ordo into $(VENV) …" >&2
	@$(PYTHON) -c 'import sys; sys.exit("Ordo needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

run: $(READY) ## starts Ordo and its demo on a database of its own; ARGS="--port 0" and the like reach `ordo dev`
	@$(BIN)/ordo dev $(ARGS)

demo: $(READY) ## plays the demo's story on a free port and says how it went
	@$(BIN)/ordo dev --once --port 0 $(ARGS)

# Where Node or jsforce cannot be had, the tests that need them fail and say so; all others run.
$(JSFORCE): tests/clients/jsforce/package-lock.json tests/clients/jsforce/node.lock | $(READY)
	-$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(<D)/node.lock && \
	  $(BIN)/npm ci --prefix $(<D) --ignore-scripts --no-audit --no-fund

test: $(READY) $(JSFORCE) ## runs every test against a real PostgreSQL; ARGS reach pytest
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: $(READY) ## lint, format, types, contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## formats the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## measures orders against hand-written SQL; ARGS="--rounds 4" and the like
	$(BIN)/python -m bench $(ARGS)

clean: ## removes what make made
	rm -rf $(VENV) .ordo .ordo-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis $(dir $(JSFORCE))
