.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST ?= -n 2

.PHONY: help demo serve test check bench web ci setup docs lock clean

help:  ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup  ## Run a real image workflow on a server of its own and show the picture's path
	@$(BIN)/greenroom demo --output-dir demo-output

serve: setup  ## Serve on http://127.0.0.1:8190 until Ctrl-C
	@scripts/web.sh || echo "The web UI could not be built; the APIs and commands work all the same."
	@$(BIN)/greenroom serve

test: setup  ## Run every test
	@scripts/browser.sh
	@scripts/web.sh
	@scripts/components.sh
	@scripts/with-databases.sh $(BIN)/pytest $(PYTEST) --ignore tests/web
	@$(BIN)/pytest $(PYTEST) --dist loadfile tests/web

check: setup  ## Check format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup  ## Measure throughput and latency; prints a table and writes JSON
	@$(BIN)/python -m tests.bench

web: setup  ## Build the web UI; Node is fetched when the machine has none
	@$(BIN)/python -m greenroom.api.console >web/openapi.json
	@scripts/web.sh

ci: check test  ## What continuous integration runs

setup:  ## Make .venv, anew only when requirements.lock has changed
	@scripts/setup.sh

docs: setup  ## Write what comes from the code: parts of docs/, and the schema of a new database
	@$(BIN)/python scripts/newest_schema.py
	@$(BIN)/python scripts/generated_docs.py

lock: setup  ## Write requirements.lock from pyproject.toml
	@scripts/lock.sh

clean:  ## Remove .venv and everything that was built
	@rm -rf .venv build dist demo-output web/node_modules src/greenroom/web_dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
