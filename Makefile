# Each target builds the environment it needs: python3 (3.11 or newer), pip and make are enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# The stamp carries a checksum of pyproject.toml, so that other dependencies mean a new install
# and a mere change of the file's time does not.
KEY := $(shell cksum pyproject.toml | cut -d ' ' -f 1)
STAMP := $(VENV)/.installed-$(KEY)
BENCH_STAMP := $(VENV)/.bench-$(KEY)

# Slow tests run where time is not somebody's waiting.
SELECT := $(if $(CI),,-m "not slow")

.PHONY: demo test lint format bench bench-big test-all env clean

demo: $(STAMP)
	$(BIN)/python examples/flights.py $(DEMO_ARGS)

# Tests that injure processes and look at what is left want the machine for themselves.
test: $(STAMP)
ifeq ($(TEST_ARGS),)
	$(BIN)/python -m pytest $(SELECT) --numprocesses auto --dist worksteal --ignore tests/faults
	$(BIN)/python -m pytest $(SELECT) tests/faults
else
	$(BIN)/python -m pytest $(SELECT) $(TEST_ARGS)
endif

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH_STAMP)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

# Writes a file larger than the memory: tens of gigabytes, and more again for the cache.
bench-big: $(BENCH_STAMP)
	$(BIN)/python -m benchmarks.big $(BENCH_ARGS)

test-all:
	bash .ci/test-all

env: $(STAMP)

# pip of the calling Python installs into the new environment, which therefore needs no pip,
# and no ensurepip, of its own.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "scalml needs Python 3.11 or newer, got " + sys.version.split()[0] + ": try make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --editable '.[demo,test,dev]'
	rm -f $(VENV)/.installed-*
	touch $@

$(BENCH_STAMP): $(STAMP)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --editable '.[bench]'
	rm -f $(VENV)/.bench-*
	touch $@

clean:
	rm -rf .venv .venv-[0-9]* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
