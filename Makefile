# Quietdesk for people who work on it, or who want to see what it does. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check run bench quality faults adapter lock clean

BIN := .venv/bin
READY := .venv/.ready

# The scripts of an environment carry the folder's name: one that was moved or copied is set up anew.
$(shell [ "$$(cat $(READY) 2>/dev/null)" = "$$PWD" ] || rm -f $(READY))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(READY) ## summarise a PDF, draft an e-mail, classify a folder of files
	@$(BIN)/python packaging/demo.py

test: $(READY) ## every test, with the real model
	$(BIN)/python -m pytest

check: $(READY) ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

run: $(READY) ## the program itself
	@$(BIN)/quietdesk

bench: $(READY) ## speed on this machine against plain llama.cpp
	@$(BIN)/quietdesk bench

# QUALITY_DATA: a folder of texts to measure on (see tests/quality/__main__.py); ARGS: more options.
quality: $(READY) ## measure what it writes and decides (QUALITY_DATA=FOLDER ARGS="--rows 3")
	@PYTHONPATH=tests:packaging/adapter QUALITY_DATA="$(QUALITY_DATA)" $(BIN)/python -m quality $(ARGS)

faults: $(READY) ## kill writers of the store many times, and look for what is lost
	@PYTHONPATH=tests $(BIN)/python -m faults $(ARGS)

# In an environment of its own: torch is ten times as large as all the rest.
adapter: $(READY) ## train the task adapter anew (under an hour on two cores)
	python3 -m venv build/adapter
	build/adapter/bin/python -m pip install --quiet -r packaging/adapter/requirements.txt
	PYTHONPATH=app build/adapter/bin/python packaging/adapter/train.py \
	  --model "$$($(BIN)/python packaging/adapter/place_model.py build/home)" --out resources/adapters/default.gguf

lock: $(READY) ## renew the locks (KEEP=1: change only what pyproject.toml asks for)
	$(BIN)/python packaging/lock.py $(if $(KEEP),--keep)

clean: ## remove the environment and everything built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt requirements-build.txt requirements-testmodel.txt pyproject.toml packaging/setup.sh
	@bash packaging/setup.sh
