# InvestIQ Metrics. `make` alone prints this help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
export INVESTIQ_REAL_DATA ?= $(abspath ../shared/data)

.PHONY: help
help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "; print "Targets:"} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.demo ## Several simulated trading days, end to end: no account, no key, no network
	@$(if $(TARGET),INVESTIQ_TARGET=$(TARGET)) $(BIN)/investiq demo

.PHONY: test
test: lint $(VENV)/.airbyte ## Lint, types and all tests
	@$(BIN)/coverage erase
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report= tests
	@$(BIN)/coverage report

.PHONY: lint
lint: $(VENV)/.test ## Format, lint, types, import rules, SQL, secrets, known vulnerabilities
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint-sql lint-redshift lint-python

.PHONY: lint-sql
lint-sql:
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

.PHONY: lint-redshift
lint-redshift:
	@$(BIN)/python .ci/redshift_sql.py

.PHONY: lint-python
lint-python:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/cfn-lint lambdas/template.yaml
	@$(BIN)/hadolint Dockerfile
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	@$(BIN)/python .ci/audit.py

.PHONY: airflow
airflow: $(VENV)/.airflow ## Airflow on this machine, with the simulated exchange, until Ctrl-C
	@$(if $(TARGET),INVESTIQ_TARGET=$(TARGET)) $(BIN)/python -m orchestration

.PHONY: monitoring
monitoring: $(VENV)/.demo ## Prometheus with our rules on the metrics of a real run, until Ctrl-C
	@$(BIN)/investiq monitoring

.PHONY: test-redshift
test-redshift: $(VENV)/.test ## The tests that a real Redshift can run; INVESTIQ_TEST_REDSHIFT_* name it
	@$(BIN)/pytest tests/redshift -m redshift -rs -p no:cacheprovider

.PHONY: dashboards
dashboards: $(VENV)/.test ## Write Grafana's dashboards anew from their Python
	@$(BIN)/python -m monitoring.grafana

.PHONY: bench
bench: $(VENV)/.test ## Measure speed as ratios in one run
	@$(BIN)/pytest tests/bench -m bench -s -p no:cacheprovider

.PHONY: setup
setup: $(VENV)/.demo ## Make the environment and an empty warehouse, nothing more

.PHONY: lock
lock: $(VENV)/.uv ## Resolve the dependencies anew and write the lock files
	@$(LOCK) --extra test pyproject.toml -o requirements-test.txt >/dev/null
	@$(LOCK) --extra build --constraint requirements-test.txt pyproject.toml -o requirements.txt >/dev/null
	@$(LOCK) --extra build --extra airflow --constraint requirements-test.txt pyproject.toml -o requirements-airflow.txt >/dev/null
	@$(LOCK) requirements-airbyte.in -o requirements-airbyte.txt >/dev/null

.PHONY: clean
clean: ## Remove everything generated, the environment and the data of this home
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

# The environment is made by uv from a hash-locked file that names no index. Each stamp is made
# anew when its lock changes, so a second `make demo` costs nothing here.
$(VENV)/.uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: install it, then run 'make PYTHON=python3.11 $(MAKECMDGOALS)'."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "The venv module is missing: on Debian and Ubuntu run 'apt-get install python3-venv'."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(VENV)/.demo: $(VENV)/.uv requirements.txt pyproject.toml
	@echo "making the environment (once)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/investiq init
	@touch $@

$(VENV)/.test: $(VENV)/.demo requirements-test.txt
	@echo "adding what the tests need (once)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-test.txt
	@touch $@

$(VENV)/.airflow: $(VENV)/.demo requirements-airflow.txt
	@echo "adding Airflow (once)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-airflow.txt
	@touch $@

# Airbyte's connector for one test, apart from everything else; it knows Python up to 3.12.
$(VENV)/.airbyte: $(VENV)/.uv requirements-airbyte.txt
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
		$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/airbyte && \
		$(BIN)/uv pip install --quiet --python $(VENV)/airbyte/bin/python --require-hashes --compile-bytecode -r requirements-airbyte.txt; \
	fi
	@touch $@
