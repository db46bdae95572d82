# `make demo` and `make test` do everything on a fresh Debian 12 machine: they print the packages they need, then
# install them. NO_INSTALL=1 only checks. Started by root, everything runs as an unprivileged account all the same.

RUN := scripts/unprivileged
JOBS ?= $(shell nproc)
DIR ?= /tmp/gsp-demo

.PHONY: help packages packages-demo demo serve test test-all check bench lock

help:
	@echo "make demo      the whole story: sealed queries, replies and refusals through a real gateway"
	@echo "make serve     the same, left running in DIR ($(DIR)); DIR/demo.json tells how to talk to it"
	@echo "make test      all tests, in parallel, in minutes"
	@echo "make test-all  also the long ones"
	@echo "make check     linters, types, import contracts"
	@echo "make bench     first figures, into docs/benchmarks.md"
	@echo "make lock      renew requirements.lock from pyproject.toml"

packages:
	@scripts/packages

packages-demo:
	@scripts/packages demo

demo: packages-demo
	@$(RUN) gsp demo

serve: packages-demo
	@$(RUN) gsp demo --keep $(DIR)

test: packages
	@$(RUN) python -m pytest -n $(JOBS) -m "not slow"

test-all: packages
	@$(RUN) python -m pytest -n $(JOBS)

check: packages
	@$(RUN) sh -c 'ruff check . && ruff format --check . && mypy && lint-imports'

bench: packages
	@BRING_BACK=docs/benchmarks.md $(RUN) python -m bench --write

lock:
	@BRING_BACK="requirements.lock requirements-service.lock" $(RUN) scripts/lock
