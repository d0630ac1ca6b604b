# The book's commands; `make help` lists them. Needed: make, and Python 3.11 or newer with venv.

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-bench
READY := $(VENV)/.installed
PYTHON ?= python3 python3.13 python3.12 python3.11 python
FOUND = $(shell for p in $(PYTHON); do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# Two kernels run side by side on two cores, and a sum in one thread is rounded the same way everywhere.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export CHROMIUM

.DEFAULT_GOAL := help
.PHONY: help book test test-site serve notebooks reseed bench bench-quick vendor mark clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# $(call install,FOLDER,REQUIREMENTS FILES) makes a virtual environment.
define install
	$(if $(FOUND),,$(error This book needs Python 3.11 or newer with venv; none was found. Name one: make book PYTHON=/path/to/python3))
	@echo "Setting up $(1) with $$($(FOUND) --version): about a minute with pip, seconds where uv is installed"
	@if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python $(FOUND) $(1) && \
		uv pip install --compile-bytecode --python $(1)/bin/python $(2:%=-r %); \
	else \
		$(FOUND) -m venv $(1) && \
		$(1)/bin/python -m pip install --disable-pip-version-check $(2:%=-r %); \
	fi
	@touch $@
endef

$(READY): requirements.txt requirements-dev.txt pyproject.toml
	$(call install,$(VENV),requirements.txt requirements-dev.txt)

$(PEERS)/.installed: requirements.txt benchmarks/requirements.txt pyproject.toml
	$(call install,$(PEERS),benchmarks/requirements.txt)

book: $(READY)  ## execute every notebook and build the website, strictly
	@$(BIN)/python tools/build.py

test: $(READY)  ## all that CI checks but the browser: style, stored notebooks, their outputs, the package
	$(BIN)/ruff check
	$(BIN)/python tools/notebooks.py check
	$(BIN)/python -m pytest --nbval chapters tests --ignore=tests/site -n 2 --dist loadscope

test-site: book  ## drive the built site in a headless Chromium
	$(if $(CHROMIUM),,$(error No Chromium was found: apt-get install chromium, or name one: make test-site CHROMIUM=/path/to/chrome))
	$(BIN)/python -m pytest tests/site -n 2

serve: $(READY)  ## build, open in a browser, and build again on each change
	@$(BIN)/python tools/build.py serve

notebooks: $(READY)  ## execute every notebook, or FILES=..., in place and store what the tests compare
	@$(BIN)/python tools/notebooks.py run $(FILES)

reseed: $(READY)  ## run the comparisons of every notebook, or FILES=..., under five other seeds
	@$(BIN)/python tools/reseed.py $(FILES)

bench: $(PEERS)/.installed  ## time the simulations beside what a reader would use instead; needs 3 GB for the others
	@$(PEERS)/bin/python benchmarks/run.py

bench-quick: $(READY)  ## time the package beside the plain loop, in under two minutes; writes nothing
	@$(BIN)/python benchmarks/run.py --quick

vendor: $(READY)  ## fetch the scripts that the site carries with it, at the versions in tools/vendor.py
	@$(BIN)/python tools/vendor.py

mark: $(READY)  ## draw the logo, the favicon and the picture of the README
	@$(BIN)/python tools/mark.py

clean:  ## remove what was built; `rm -r .venv*` removes the environments too
	rm -rf _build .pytest_cache .ruff_cache
