# One place for every command a person types. A fresh machine needs python3 >= 3.11, pip and make.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The system's certificates where there are any: a company's proxy may need its own.
CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),--system-certs)
UV := $(BIN)/uv $(CERTS) pip
MEMBERS := libs/common libs/verifier services/watcher services/ingester services/query-api services/notifier deploy/localhub deploy/local
PROJECTS := $(MEMBERS:%=%/pyproject.toml)
DASHBOARD := services/query-api/dashboard
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) -name node_modules -prune -o -name tests -prune -o -name dist -prune -o -name '*.tgz' -prune -o -type f -print)
DASHBOARD_BUILT := services/query-api/src/query_api/static/dashboard/index.html
DASHBOARD_PACKAGES := $(DASHBOARD)/node_modules/.package-lock.json
# Node comes in a wheel; npm finds it by PATH. It trusts the certificates of the system too, like uv.
NPM := cd $(DASHBOARD) && PATH="$(abspath $(BIN)):$$PATH" NODE_USE_SYSTEM_CA=1 npm --loglevel=error
ARGS ?=

.PHONY: help install up demo test test-all test-pythons test-upgrade test-compose client lint format bench soak mutants structure docs pictures release audit lock clean debian-packages images

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.run $(DASHBOARD_BUILT) ## set everything up in .venv (up, demo and test do it by themselves)

up: install ## watch huggingface.co: NATS, PostgreSQL and every service in one terminal
	@exec $(BIN)/arcwatch up $(ARGS)

demo: install ## the same without a network: a local Hub with sample submissions, a new one every few seconds
	@exec $(BIN)/arcwatch demo $(ARGS)

test: install $(VENV)/.dev ## the tests, on the real NATS and PostgreSQL (wheels only)
	@$(NPM) test --silent
	$(BIN)/pytest -n auto --dist worksteal -m "not debian and not compose and not upgrade and not pictures" $(ARGS)

test-all: lint install debian-packages $(VENV)/.release ## what test leaves out: lint, and the tests that need Debian packages
	$(BIN)/pytest -n logical --dist worksteal -m debian $(ARGS)

test-pythons: install $(VENV)/.dev ## the tests on every other Python >= 3.11 of this machine, or on PYTHONS="python3.12 ..."
	@$(BIN)/python -m tests.pythons $(ARGS)

test-upgrade: install $(VENV)/.dev ## services of the release before beside this one's, on one database and one NATS
	$(BIN)/pytest -m upgrade $(ARGS)

test-compose: install $(VENV)/.dev ## the whole system in containers, with three ingesters (needs a Docker Engine with compose)
	@docker compose version >/dev/null || { echo "This needs a Docker Engine and compose 2.24: CONTRIBUTING.md, Containers" >&2; exit 1; }
	$(BIN)/pytest -m compose $(ARGS)

images: install ## stand-ins for the images that compose would pull, where none can be pulled (needs Debian and root)
	@sh tests/support/images/build.sh

lint: $(VENV)/.dev $(DASHBOARD_PACKAGES) ## ruff, mypy --strict, import contracts, squawk, ESLint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy libs services deploy tests
	$(BIN)/lint-imports
	$(BIN)/squawk libs/common/src/common/migrations/*.sql
	@$(NPM) run check --silent

format: $(VENV)/.dev $(DASHBOARD_PACKAGES) ## let ruff and prettier mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@$(NPM) run format --silent

bench: $(VENV)/.dev ## measure: medians of ratios in one run
	$(BIN)/python -m tests.bench $(ARGS)

soak: install $(VENV)/.dev ## break a whole deployment while models land, and compare all of it afterwards: SEEDS="1 2 3" ARGS="--seconds 600"
	@$(BIN)/python -m tests.soak $(ARGS) $(SEEDS)

mutants: $(VENV)/.mutants ## change the code one spot at a time: what does no test notice? ARGS="ingester.submission.scoring"
	nice -n 19 $(BIN)/python -m tests.mutants $(ARGS)

structure: $(VENV)/.dev ## the shape of the packages in numbers: modules, imports between them, lines
	@$(BIN)/python -m tests.structure

docs: $(VENV)/.dev ## write anew what is made from something else: docs/asyncapi.json, docs/neighbours.md, the operators' PrometheusRule and dashboard
	$(BIN)/python -m common.bus.asyncapi > docs/asyncapi.json
	$(BIN)/python -m tests.structure.neighbours > docs/neighbours.md
	sh deploy/kustomize/prometheusrule.sh > deploy/kustomize/overlays/cluster/prometheusrule.yaml
	sh deploy/kustomize/dashboard.sh > deploy/kustomize/overlays/cluster/dashboard.yaml

pictures: install $(VENV)/.dev ## make the pictures of README and docs/gallery.md anew (needs Debian's chromium)
	$(BIN)/pytest -q -m pictures

client: $(DASHBOARD_PACKAGES) ## pack the TypeScript client for other frontends: arcwatch-client-<version>.tgz
	@$(NPM) pack --silent ./client --pack-destination "$(CURDIR)"

release: install $(VENV)/.release ## build what is released into dist/: wheels, what they need by hash, bills of materials
	@$(BIN)/python -m deploy.release build $(ARGS)

audit: $(VENV)/.release $(DASHBOARD_PACKAGES) ## ask PyPI and npm for known weaknesses of what runs
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt
	@$(NPM) audit --omit=dev

lock: $(VENV)/.dev ## resolve the dependencies anew into requirements/*.txt
	BIN=$(BIN) sh requirements/lock.sh

debian-packages: ## install what test-all needs from Debian, where it may (root, or sudo that asks nothing)
	@command -v chromium >/dev/null || sh tests/support/apt_install.sh chromium
	@command -v git >/dev/null || sh tests/support/apt_install.sh git
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || sh tests/support/apt_install.sh nginx-light
	@[ -e /usr/lib/nginx/modules/ngx_http_js_module.so ] || sh tests/support/apt_install.sh libnginx-mod-http-js
	@[ -n "$$(find /usr/lib -name libfaketime.so.1 2>/dev/null)" ] || sh tests/support/apt_install.sh libfaketime
	@command -v promtool >/dev/null || sh tests/support/apt_install.sh prometheus
	@[ -x /usr/sbin/pgbouncer ] || sh tests/support/apt_install.sh pgbouncer
	@command -v prometheus-alertmanager >/dev/null || sh tests/support/apt_install.sh prometheus-alertmanager
	@command -v prometheus-postgres-exporter >/dev/null || sh tests/support/apt_install.sh prometheus-postgres-exporter

clean: ## remove what was built (.arcwatch, the data of `make up`, stays)
	rm -rf $(VENV) .venv-3.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis artifacts $(DASHBOARD)/node_modules $(dir $(DASHBOARD_BUILT))
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's python3 may lack ensurepip, so the venv is made without pip and filled by the pip outside it.
$(BIN)/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "arcwatch needs python3 >= 3.11; $$($(PYTHON) --version) is too old. Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-warn-script-location --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.run: $(BIN)/uv requirements/run.txt $(PROJECTS)
	@echo "Installing arcwatch and what it runs on ..."
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing what the tests need ..."
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev requirements/mutants.txt
	@echo "Installing what makes mutants ..."
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements/mutants.txt
	@touch $@

$(VENV)/.release: $(VENV)/.dev requirements/release.txt
	@echo "Installing what makes a release ..."
	@$(UV) install --python $(BIN)/python --require-hashes -r requirements/release.txt
	@touch $@

$(DASHBOARD_PACKAGES): $(DASHBOARD)/package-lock.json | $(VENV)/.run
	@echo "Fetching what the dashboard is built of ..."
	@$(NPM) ci
	@touch $@

$(DASHBOARD_BUILT): $(DASHBOARD_SOURCES) $(DASHBOARD_PACKAGES)
	@echo "Building the dashboard ..."
	@$(NPM) run build --silent -- --logLevel warn
	@touch $@
