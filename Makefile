SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/sam
# arm64 is what the template runs on unless told otherwise; the machine that builds may be another.
ARCH ?= arm64
WHEELS := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-manylinux_2_28

.PHONY: help setup demo test unit up down pr lint types imports template bench duplicates-report policy-replay policy-history trial-balance openapi docs build lock clean outage-report storm

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## play a story on this machine and check its end; STORY= picks another (README)
	$(PY) -m infra.local.demo $(STORY)

test: setup ## run every test
	$(PY) -m pytest -n auto --dist loadgroup

up: setup ## start the local stack and keep it running; writes build/local.json
	$(PY) -m infra.local.stack up

down: setup ## end the local stack
	$(PY) -m infra.local.stack down

setup: ## install the locked tools into .venv, where that is not done yet
	@infra/setup.sh

pr: lint types imports template test ## everything a change has to pass

lint: setup ## ruff
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: setup ## mypy, strict
	.venv/bin/mypy

imports: setup ## who may import whom
	.venv/bin/lint-imports

template: setup ## check template.yaml and the stack within it
	$(SAM) validate --lint
	$(SAM) validate --lint --template infra/watch.yaml

unit: setup ## run the tests that need no local stack
	$(PY) -m pytest -n auto -m "not local"

bench: setup ## measure starts, memory, CPU and cost; writes build/bench.json
	@$(PY) -m infra.bench

storm: setup ## a million timers due in one second, simulated; TIMERS=1000000 SEED=1
	@$(PY) -m infra.storm --timers "$(or $(TIMERS),1000000)" --seed "$(or $(SEED),1)"

duplicates-report: setup ## our rule for duplicate charges beside the plain one; SEED=1 MIX=everyday
	@$(PY) -m infra.duplicates --seed "$(or $(SEED),1)" --mix "$(or $(MIX),everyday)"

policy-replay: setup ## what a changed policy would have granted for past incidents; POLICY=draft.toml HISTORY=file
	@$(PY) -m infra.policy_replay $(if $(POLICY),"$(POLICY)") $(if $(HISTORY),--history "$(HISTORY)") --seed "$(or $(SEED),1)"

policy-history: setup ## write the incidents of a running stack to build/history.jsonl, for policy-replay
	@$(PY) -m infra.policy_replay.record
outage-report: setup ## planted outages and quiet traps before the watch: delay, precision, recall; SEED=1
	@$(PY) -m infra.outages --seed "$(or $(SEED),1)"

trial-balance: setup ## fold a running stack's ledger and compare it with all it must be; ARGS="--from <time>"
	@$(PY) -m infra.books $(ARGS)

openapi: setup ## write the API's description to docs/openapi.json
	$(PY) -m functions.http.openapi

docs: setup ## write what is drawn from the code, and from build/bench.json
	$(PY) -m infra.docs.states
	$(PY) -m infra.docs.remedies
	$(PY) -m infra.docs.measurements

build: setup ## build for AWS (ARCH=arm64 or x86_64); `sam deploy --guided` follows
	PLATFORM=$(WHEELS) $(SAM) build

lock: setup ## compile infra/requirements/*.in; ARGS="--upgrade" for newer versions
	infra/lock.sh $(ARGS)

clean: down ## remove what was built
	rm -rf build .aws-sam
