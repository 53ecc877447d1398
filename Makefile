# Everything runs in .venv, which scripts/bootstrap makes on first use.

BIN := .venv/bin
MAKEFLAGS += --no-print-directory

.PHONY: help ready demo test lint format bench soak clean

help:
	@echo "make demo    a private Postfix, three doctors, the whole circuit on screen"
	@echo "make test    lint, then all tests but the long ones"
	@echo "make lint    ruff, its formatter, mypy"
	@echo "make format  let ruff's formatter write"
	@echo "make bench   figures as ratios, measured in one run"
	@echo "make soak    the long campaigns"
	@echo "make clean   remove .venv and what was built"

ready:
	@scripts/bootstrap

demo: ready
	@$(BIN)/python demo/run

lint: ready
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy testbed demo bench
	$(BIN)/mypy scripts/release

test: lint
	$(BIN)/pytest -m "not soak"

format: ready
	$(BIN)/ruff format

bench: ready
	@$(BIN)/python bench/run

soak: ready
	$(BIN)/pytest -m soak

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
