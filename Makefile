# Each target is a command of tools/book.py, which works without make too; `make help` lists them.

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
FOUND = $(shell for p in $(PYTHON); do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
COMMANDS := help book test test-site serve lab pdf notebooks reseed mutants bench bench-quick bench-scenes lighthouse vendor scenes mark clean

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)

$(COMMANDS):
	@$(or $(FOUND),$(error This book needs Python 3.11 or newer with venv; none was found. Name one: make book PYTHON=/path/to/python3)) \
		tools/book.py $@ $(FILES)
