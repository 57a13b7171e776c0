# Everything the house can do. On a fresh machine with Python 3.11 or newer: `make run`, `make test`.
.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-pg15 test-pooled prove prove-pooled prove-basics prove-faults prove-sync prove-attacks prove-convergence prove-load prove-benchmarks prove-clients scenarios check bench picture screenshots openapi settings docs sbom audit lint-document clients clients-all migrate demo lock clean

PYTHON ?= python3
BIN := .venv/bin
STORIES ?= 2000
HISTORIES := 30
SEED ?= 1000
ATTACKS ?= 200
LANGUAGES ?= typescript python
CASES ?= 10
SPREAD := -n 3 --dist worksteal -rs
POOLED := tests/core tests/keys tests/contract/test_isolation.py tests/contract/test_reading.py \
	tests/sync/test_push.py tests/sync/test_pull.py tests/sync/test_live.py tests/sync/test_idle_pull.py \
	tests/sync/test_plans.py tests/house/test_walls.py tests/accounts/test_commit_first.py
STAMP := .venv/.installed
KINTO := .venv-kinto/.installed
PICTURE := .venv-picture/.installed
AUDIT := .venv-audit/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-config --no-emit-index-url --no-annotate --no-header

help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python"; exit 1; }
	@echo "Installing what requirements-dev.lock names into .venv (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(STAMP)

run: $(STAMP) ## Serve, with a demo studio on first start and cards charged by a simulator; honours PORT, DATA_DIR, DATABASE_URL
	@ENVIRONMENT=$${ENVIRONMENT:-development} $(BIN)/python -m app serve

test: $(STAMP) ## Run every quick test on a real PostgreSQL (TEST_DATABASE_URL, or the embedded one)
	@$(BIN)/python -m pytest $(SPREAD) -m "not proof and not slow"

test-slow: $(STAMP) ## Run the tests that take seconds each: kills, full disks, browsers, servers that start and stop
	@$(BIN)/python -m pytest $(SPREAD) -m "slow and not proof"

test-pg15: $(STAMP) ## Run every quick test of the database on a throwaway PostgreSQL 15 (PG_BINDIR, or what pg_config names); honours THROUGH
	@.ci/with-postgres $(THROUGH) $(BIN)/python -m pytest $(SPREAD) -m "not proof and not slow" --of-the-server

test-pooled: $(STAMP) ## Run tests of what sessions go by through PgBouncer, where there is one or Debian has it
	@.ci/with-pgbouncer $(BIN)/python -m pytest $(SPREAD) -m "not proof and not slow" $(POOLED)

prove-pooled: $(STAMP) ## Run every quick test through PgBouncer
	@.ci/with-pgbouncer $(BIN)/python -m pytest $(SPREAD) -m "not proof and not slow" --of-the-server

prove-sync: $(STAMP) ## Tell many random histories of sync and of money, and have them see planted bugs; honours STORIES, SEED
	@STORIES=$(STORIES) SEED=$(SEED) $(BIN)/python -m pytest -n 2 -m "proof or not proof" \
		tests/sync/test_oracle.py tests/sync/test_planted_bugs.py tests/sync/test_growth_stories.py \
		tests/studio/test_balances.py

prove: $(STAMP) ## Run all proofs, and print each claim with the figure of this run; takes about an hour
	@$(BIN)/python -m tests.scorecard

prove-basics: $(STAMP) ## Run the tests of everyday promises the scorecard names, for long
	@$(BIN)/python -m pytest -n 2 -m "proof or not proof" tests/accounts tests/contract/test_levels.py \
		tests/desk/test_once.py tests/desk/client_list \
		tests/sync/test_retention.py tests/sync/test_beside_writers.py tests/stories/test_what_is_forgotten.py \
		tests/house/test_catalogue.py tests/house/test_walls.py tests/house/test_error_shape.py \
		tests/house/test_observing.py tests/house/test_pressure.py tests/house/test_provoked.py tests/keys \
		tests/portal/test_reset_attacks.py clients/python/tests/test_python_client_session.py

prove-faults: $(STAMP) ## Kill, pause, fill, cut and restart whatever can be, for long
	@$(BIN)/python -m pytest -n 2 -m "(proof or not proof) and not measures" tests/faults tests/webhooks
	@$(BIN)/python -m pytest -m measures tests/faults

prove-load: $(STAMP) ## Have thousands of clients hang up on a server, and some starve it of its database
	@$(BIN)/python -m pytest -m "proof or not proof" tests/faults/test_storms.py

prove-convergence: $(STAMP) ## Tell random histories of whole phones, and have them see planted bugs; honours STORIES, SEED, STEPS
	@STORIES=$(if $(filter file,$(origin STORIES)),$(HISTORIES),$(STORIES)) SEED=$(SEED) \
		$(BIN)/python -m pytest -n 2 -m "proof or not proof" tests/convergence \
		clients/python/tests/test_python_client_story.py

scenarios: $(STAMP) ## Tell each story to each adapter, have them see planted bugs, and print who passes
	@$(BIN)/python -m pytest -m proof tests/clients/test_scenarios.py

prove-benchmarks: $(STAMP) ## Measure everything there is to measure, in small, to see that it can be
	@$(BIN)/python -m pytest -n 2 -m "proof or not proof" tests/benchmarks

prove-attacks: $(STAMP) ## Attack every route of the document in every way known; honours ATTACKS, CASES, SEED
	@ATTACKS=$(ATTACKS) CASES=$(CASES) SEED=$(SEED) $(BIN)/python -m pytest -n 2 -m "proof or not proof" tests/attacks

prove-clients: $(STAMP) ## Have clients generated, compiled and run against a server; honours LANGUAGES (typescript python kotlin swift)
	@LANGUAGES="$(LANGUAGES)" $(BIN)/python -m pytest -m proof tests/clients/test_generated.py

check: $(STAMP) ## Check format, lint, types, floors, migrations and the API document by two linters, then test
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m app openapi --check
	@$(BIN)/python -m app settings --check
	@$(BIN)/python .ci/sbom.py --check
	@$(MAKE) --no-print-directory lint-document
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory test-slow

$(KINTO): benchmarks/peers/kinto.lock
	@echo "Installing Kinto, which is measured beside us, into .venv-kinto (once)"
	@test -x .venv-kinto/bin/python || $(PYTHON) -m venv .venv-kinto
	@.venv-kinto/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $(KINTO)

bench: $(STAMP) $(KINTO) ## Measure, beside others and the limit, e.g. make bench ARGS="push --rounds 3"
	@$(BIN)/python -m benchmarks $(ARGS)

$(PICTURE): benchmarks/picture.lock
	@echo "Installing what draws the picture into .venv-picture (once)"
	@test -x .venv-picture/bin/python || $(PYTHON) -m venv .venv-picture
	@.venv-picture/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $(PICTURE)

picture: $(STAMP) $(PICTURE) ## Write the figures of docs/performance.json into the page beside it, and draw them
	@$(BIN)/python -m benchmarks.report
	@.venv-picture/bin/python benchmarks/picture.py docs/performance.json docs/performance.svg

screenshots: $(STAMP) ## Take the pictures of the console, of a gallery, of the web client and of the API document anew, with the machine's own `chromium`
	@PYTHONPATH=clients/python/src $(BIN)/python -m tests.browser.pictures docs
	@PYTHONPATH=clients/python/src $(BIN)/python -m tests.browser.web_pictures docs/web
	@PYTHONPATH=clients/python/src $(BIN)/python -m tests.browser.docs_pictures docs/site

openapi: $(STAMP) ## Write the API document, openapi/openapi.json
	@$(BIN)/python -m app openapi

docs: $(STAMP) ## Write the pages of the API document as files, to docs/api; a server has them at /docs
	@$(BIN)/python -m app docs

settings: $(STAMP) ## Write the page of settings, docs/settings.md
	@$(BIN)/python -m app settings --write

sbom: $(STAMP) ## Write what an installation is made of, sbom.json in CycloneDX, from requirements.lock
	@$(BIN)/python .ci/sbom.py

$(AUDIT): .ci/audit.lock
	@echo "Installing pip-audit into .venv-audit (once)"
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $(AUDIT)

audit: ## Look for known faults in what the locks name, but those .ci/audit-exceptions.toml takes
	@if $(MAKE) --silent $(AUDIT); then .venv-audit/bin/python .ci/audit.py; \
		else echo "NOT AUDITED: pip-audit is not to be had."; fi

lint-document: ## Have Redocly and Spectral read the API document for faults, where there is Node
	@.ci/lint-document

clients: ## Make clients in TypeScript and Python of the API document, and compile them: clients/generated
	@clients/generators/generate typescript python

clients-all: ## The same, and in Kotlin and Swift, for which there has to be Java
	@clients/generators/generate typescript python kotlin swift

migrate: $(STAMP) ## Bring the database up to date
	@$(BIN)/python -m app migrate

demo: $(STAMP) ## Fill a demo studio, e.g. make demo ARGS="--clients 2000"
	@$(BIN)/python -m app demo $(ARGS)

lock: $(STAMP) ## Resolve pyproject.toml anew into the lock files (LOCK_ARGS=--upgrade for the newest)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	@$(COMPILE) pyproject.toml $(LOCK_ARGS) --output-file requirements.lock
	@$(COMPILE) pyproject.toml $(LOCK_ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) benchmarks/peers/kinto.in $(LOCK_ARGS) --output-file benchmarks/peers/kinto.lock
	@$(COMPILE) benchmarks/picture.in $(LOCK_ARGS) --output-file benchmarks/picture.lock
	@$(COMPILE) clients/generators/python.in $(LOCK_ARGS) --output-file clients/generators/python.lock
	@$(COMPILE) .ci/audit.in $(LOCK_ARGS) --output-file .ci/audit.lock
	@$(COMPILE) clients/generators/jvm.in $(LOCK_ARGS) --output-file clients/generators/jvm.lock
	@! grep -nE '://|^--|^ *#|file:' requirements.lock requirements-dev.lock benchmarks/peers/kinto.lock \
		benchmarks/picture.lock clients/generators/python.lock clients/generators/jvm.lock \
		.ci/audit.lock
	@$(BIN)/python .ci/sbom.py

clean: ## Remove all that was installed or built; the data under .data stay
	@rm -rf .venv .venv-kinto .venv-picture .venv-audit .venv-clients .venv-jvm .pgbouncer clients/generated .data-test .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis docs/api
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
