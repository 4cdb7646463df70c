# What a newcomer needs: `make demo` and `make test`. Both set up all that is missing.
PYTHON := .venv/bin/python
export MLGO_HOME ?= $(CURDIR)/build/mlgo

.PHONY: help setup setup-executorch setup-xla toolchain test-toolchain demo test test-slow test-sanitize bench lint format clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup:  ## install compilers (Debian packages) and the Python environment
	@tools/setup

setup-executorch: setup  ## a second environment (torch, ExecuTorch), for one slow test
	@tools/setup-executorch

setup-xla: setup  ## a second environment (JAX), for `cost-model collect` and `tune`
	@tools/setup-xla

toolchain: setup  ## clang, opt, llc and lld of LLVM 19 with our patches and models inside
	@tools/setup-toolchain
	@llvm_patches/build

test-toolchain: toolchain  ## the tests that need it
	$(PYTHON) -m pytest -m 'slow or not slow' tests/llvm_patches

demo: setup  ## build a real program with -Oz and with the learned policy, compare, report
	@PATH="$(CURDIR)/.venv/bin:$$PATH" tools/demo

test: setup setup-xla lint  ## everything but the slow tests, on all cores
	$(PYTHON) -m pytest -n auto --dist loadfile

test-slow: setup  ## the slow tests too
	$(PYTHON) -m pytest -m 'slow or not slow'

test-sanitize: setup  ## the native parts under the address and undefined-behaviour sanitizers
	$(PYTHON) -m pytest -m sanitize

bench: setup  ## the benchmarks, with their figures
	$(PYTHON) -m pytest -m bench -s

lint: setup  ## ruff, mypy, clang-format
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	clang-format-22 --dry-run --Werror $$(git ls-files '*.cc' '*.h' '*.cpp')

format: setup  ## let the tools format everything
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	clang-format-22 -i $$(git ls-files '*.cc' '*.h' '*.cpp')

clean:  ## remove all that was built (not the downloaded corpus)
	rm -rf build/python build/plugin
