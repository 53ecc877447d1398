# Everything runs in .venv, which scripts/bootstrap makes on first use.

BIN := .venv/bin
MAKEFLAGS += --no-print-directory

# The tests start the service's processes often: they shall not be compiled each time.
export PYTHONDONTWRITEBYTECODE :=

# Test files side by side, in the order that conftest.py gives. Whole circuits wait for a quarter of
# their time: there are three workers for two cores; and one for each where nothing is waited for.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS := $(shell expr $(CORES) \* 3 / 2)
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder -n
ALL := -m "not soak"
QUICK := -m "not soak and not integration and not slow"

.PHONY: help ready demo test read quick wheel-test lint format bench soak deb audit repository openssl clean

help:
	@echo "make demo    a private Postfix, four doctors, the whole circuit on screen"
	@echo "make test    lint, then all tests but the long campaigns (some minutes)"
	@echo "make quick   without lint, the tests that start no Postfix and no service: a minute and a half"
	@echo "make wheel-test  the same tests, of the wheel installed where the source is not"
	@echo "make lint    ruff, its formatter, mypy"
	@echo "make format  let ruff's formatter write"
	@echo "make bench   figures as ratios, measured in one run; BENCH=--without-million leaves out the longest"
	@echo "make soak    the long campaigns"
	@echo "make deb     Debian's packages, for 13 and 12, amd64 and arm64, in dist/deb"
	@echo "make audit   rmp-audit for auditors: wheel, Debian's packages, single files, in dist/audit"
	@echo "make repository  the same in a signed apt repository: KEY=..., TO=dist/repository"
	@echo "make openssl whether the OpenSSL in the packages is older than could be had"
	@echo "make clean   remove .venv and what was built"

ready:
	@scripts/bootstrap

demo: ready
	@$(BIN)/python demo/run

lint: ready
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check
	$(BIN)/mypy

# All tests read once before workers read them side by side, who would compile them each for himself:
# two thirds of what reading takes. What fails in it fails again, and is said, when they run.
read: ready
	@$(BIN)/pytest --collect-only -qq $(ALL) >/dev/null 2>&1 || true

test: ready
	@$(MAKE) -j2 lint read  # mypy takes one core, compiling the other
	$(BIN)/pytest $(SIDE_BY_SIDE) $(WORKERS) $(ALL)

quick: ready read
	$(BIN)/pytest $(SIDE_BY_SIDE) $(CORES) $(QUICK)

wheel-test: ready
	scripts/wheel-test $(SIDE_BY_SIDE) $(CORES) $(QUICK)

format: ready
	$(BIN)/ruff format

bench: ready
	@$(BIN)/python bench/run $(BENCH)

soak:
	@scripts/bootstrap campaigns
	$(BIN)/pytest -m "soak or hypothesis" --hypothesis-profile=campaign

deb:
	@scripts/bootstrap packages
	@$(BIN)/python -m deb build $(DEB)

audit:
	@scripts/bootstrap packages
	@$(BIN)/python -m deb audit $(AUDIT)

TO ?= dist/repository
repository: deb audit
	@$(BIN)/python -m deb repository --key "$(KEY)" $(TO)

openssl: ready
	@$(BIN)/python -m deb openssl

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
