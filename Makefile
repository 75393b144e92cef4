# Each target makes what it needs first; `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
TESTS  ?= tests/integration

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-unit test-integration test-e2e test-docker lint format stack stack-down clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("vault-aws-kit needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@echo "Making $(VENV), which takes about a minute …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(READY) ## Make .venv with everything that the other targets use

demo: $(READY) ## Show the whole story on real parts: a Vault server, an AWS endpoint, Terraform
	@$(BIN)/python -m devstack.demo

test: $(READY) ## Run every test
	@$(BIN)/python -m pytest -n auto

test-unit: $(READY) ## Run the tests that need no server
	@$(BIN)/python -m pytest -n auto tests/unit

test-integration: $(READY) ## Run the tests against a real Vault API
	@$(BIN)/python -m pytest -n auto tests/integration

test-e2e: $(READY) ## Run the tests with a real Terraform
	@$(BIN)/python -m pytest -n auto tests/e2e

test-docker: $(READY) ## Run the tests against a real Vault API in containers (needs Docker's programs)
	@VAULT_AWS_KIT_TEST_SERVER=docker $(BIN)/python -m devstack docker -- $(BIN)/python -m pytest -n auto $(TESTS)

lint: $(READY) ## Check style, types and who imports whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## Format the code
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

stack: $(READY) ## Start a local Vault server and AWS endpoint; then: . .stack/env
	@$(BIN)/python -m devstack up

stack-down: $(READY) ## Stop them
	@$(BIN)/python -m devstack down

clean: ## Remove what the targets made here
	@if [ -d .stack ] && [ -x $(BIN)/python ]; then $(BIN)/python -m devstack down; fi
	@rm -rf $(VENV) .stack dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
