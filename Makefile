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
	@echo "make test-all  also the long ones; by root also on clean Debian systems. It names what it skipped"
	@echo "make check     linters, types, import contracts"
	@echo "make bench     all figures, into docs/benchmarks.md (ten minutes; as root also Postfix beside it)"
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
	@JOBS=$(JOBS) scripts/test-all

check: packages
	@$(RUN) sh -c 'ruff check . && ruff format --check . && mypy && lint-imports'

# Postfix starts as root only; everything else of it becomes the unprivileged account by itself.
bench: packages
	@$(RUN) true
	@if [ "$$(id -u)" -eq 0 ]; then cd "$$(readlink -f .venv)/../src"; python="$$PWD/../venv/bin/python"; else python=.venv/bin/python; fi; \
	"$$python" -m bench --write --document "$(CURDIR)/docs/benchmarks.md" --commit "$$(git -C "$(CURDIR)" rev-parse --short HEAD)"

lock:
	@BRING_BACK="requirements.lock requirements-service.lock" $(RUN) scripts/lock
