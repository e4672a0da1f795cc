# Each target makes the virtual environment it needs. VENV and PYTHON choose another:
#     make test VENV=.venv-3.12 PYTHON=python3.12

VENV ?= .venv
# The interpreter that makes the virtual environment; empty: the first that will do.
PYTHON ?=
# What `make test` gives to pytest, `make fuzz` to the fuzzer, and `make bench` and
# `make soak` to their commands, besides.
ARGS ?=

bin := $(VENV)/bin
python := $(bin)/python
quiet := -qq --disable-pip-version-check
pip := $(python) -m pip $(quiet)
installed := $(VENV)/.installed

.PHONY: help demo test check format golden fuzz soak clean
.PHONY: bench bench-generate bench-calls bench-values bench-attacks

# One measurement must not run beside the other.
.NOTPARALLEL:

help:
	@echo "make demo    run the examples: servers, clients and callbacks as processes"
	@echo "make test    run the tests (one of them: make test ARGS=tests/unit/test_cli.py)"
	@echo "make check   lint, formatting and types (ruff, mypy strict, pyright strict)"
	@echo "make format  format the code"
	@echo "make golden  write the expected output of tests/generated anew; review the diff"
	@echo "make fuzz    look for inputs that break the run time, for ten minutes"
	@echo "make bench   measure the generator, the calls and the values beside their peers"
	@echo "             (one of them: make bench-generate, bench-calls, bench-values)"
	@echo "make bench-attacks  measure what honest clients notice of attacks"
	@echo "make soak    let clients die for half an hour: nothing of them may be left"
	@echo "make clean   remove the virtual environments and caches"

demo: $(installed)
	$(python) -m demo

test: $(installed)
	$(python) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(installed)
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/pyright --pythonpath $(python)

format: $(installed)
	$(bin)/ruff format .
	$(bin)/ruff check --select I --fix .

golden: $(installed)
	$(python) -m tests.generated.regenerate

fuzz: $(installed)-fuzz
	$(python) -m fuzz $(ARGS)

# An editable install slows down the start of every process in its environment, so that
# what users have is measured in an environment of its own.
bench-generate bench-calls bench-values: bench-%: .venv-benchmarks/.installed-benchmarks
	@rm -rf build
	@.venv-benchmarks/bin/python -m pip $(quiet) install --force-reinstall --no-deps .
	@rm -rf build
	.venv-benchmarks/bin/python -m benchmarks.$* $(ARGS)

bench: bench-generate bench-calls bench-values

# The attacks are those of the tests.
bench-attacks: $(installed)
	$(python) -m benchmarks.attacks $(ARGS)

soak: $(installed)
	$(python) -m benchmarks.soak $(ARGS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info .callbackgen_cache
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(installed): pyproject.toml | $(python)
	@echo "$(VENV): installing callbackgen and what its development needs"
	@$(pip) install -e '.[dev]'
	@touch $@

$(installed)-fuzz: $(installed)
	@echo "$(VENV): installing the fuzzer"
	@$(pip) install -e '.[fuzz]'
	@touch $@

.venv-benchmarks/.installed-benchmarks: pyproject.toml
	@$(MAKE) --no-print-directory VENV=.venv-benchmarks .venv-benchmarks/bin/python
	@echo ".venv-benchmarks: installing the peers that the benchmarks measure"
	@.venv-benchmarks/bin/python -m pip $(quiet) install '.[benchmarks]'
	@touch $@

# Each candidate is run: a version manager's shim may stand in PATH for a Python that is
# not there, and some systems have Python without its venv module.
$(python):
	@for candidate in "$(PYTHON)" python3 python3.13 python3.12 python3.11; do \
	    if [ -n "$$candidate" ] && "$$candidate" -c \
	        'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	        2>/dev/null; then \
	        echo "$(VENV): made with $$("$$candidate" -V) ($$candidate)"; \
	        exec "$$candidate" -m venv "$(VENV)"; \
	    elif [ -n "$(PYTHON)" ]; then \
	        echo "$(PYTHON) is not Python 3.11 or newer with its venv module." >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo "Python 3.11 or newer, with its venv module, is needed and was not found." >&2; \
	echo "Install it, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	exit 1
