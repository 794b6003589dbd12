# Needs git, make and python3 with venv. Everything else comes from requirements.lock, by version and hash.
# demo · serve · test · check · bench BENCH=… [ARGS=…] · soak SOAK=… [N=…] · lock · translations · browser · faketime

.DELETE_ON_ERROR:
.NOTPARALLEL:
# Dozens of processes start in a run of the tests; each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
# WeasyPrint loads these; no wheel carries them. Without them everything but PDF works.
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
# The runner (service/db.py) opens the transaction and sets both timeouts; version numbers count to a few dozen; serial
# numbers are only in the job queue's own tables. Inside of a transaction no index can be built or dropped concurrently.
SQUAWK := --pg-version=15.0 --assume-in-transaction \
	--exclude=require-lock-timeout,require-statement-timeout,prefer-bigint-over-int,prefer-identity,require-concurrent-index-creation,require-concurrent-index-deletion

# Install Debian packages when we are root, else say what is missing without them and how to mend it.
define packages
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(1); \
	else false; fi || echo "$(2) To mend: sudo apt-get install $(1)"
endef

.PHONY: demo serve test check bench soak lock translations browser faketime pango wrk

demo: .venv/installed pango
	$(BIN)/tenderscore demo $(if $(CITY),--city) $(if $(EXIT),--exit)

serve: .venv/installed pango
	$(BIN)/tenderscore serve

test: .venv/installed-dev pango
	$(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --dist worksteal $(ARGS)

check: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/squawk $(SQUAWK) migrations/*.sql
	$(BIN)/hadolint Dockerfile

bench: .venv/installed-dev $(if $(filter engine bids reports spend,$(BENCH)),.venv/installed-bench) $(if $(filter bids,$(BENCH)),wrk)
	@$(BIN)/python -m tests.bench.$(or $(BENCH),$(error BENCH=… names a module of tests/bench)) $(ARGS)

soak: .venv/installed-dev $(if $(filter clock,$(SOAK)),faketime)
	@$(BIN)/python -m tests.soak.$(or $(SOAK),$(error SOAK=… names a module of tests/soak)) $(N)

# Every resolution may only add to the one before.
lock: .venv/installed-dev
	$(LOCK) $(UPGRADE) pyproject.toml --output-file requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --group bench --constraint requirements-dev.lock \
		--output-file requirements-bench.lock

# New messages are written into the catalogues, empty, and what nobody says any more is taken out.
translations: .venv/installed-dev
	@$(BIN)/python -m tests.make_catalogues

browser:
	@command -v chromium >/dev/null || { $(call packages,chromium,Without a browser its tests are skipped.); }

faketime:
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 \
		|| { $(call packages,faketime,Without libfaketime the tests of a wrong clock are skipped.); } >&2

wrk:
	@command -v wrk >/dev/null || { $(call packages,wrk,Without wrk our own load generator serves and lowers the ratios.); } >&2

pango:
	@$(PYTHON) -c 'import ctypes; [ctypes.CDLL(f"lib{name}.so.0") \
		for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")]' 2>/dev/null \
		|| { $(call packages,$(PANGO),Without Pango there are no PDF reports.); }

# A stamp is newer than the lock it was installed from; a changed lock installs again, an unchanged one needs no network.
.venv/installed: requirements.lock pyproject.toml
	@echo "installing what requirements.lock names …" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --quiet --require-hashes -r requirements.lock >&2
	@# setuptools would warn that folders here bear the packages' names: they are the packages
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-index --no-deps --no-build-isolation -e . >&2
	@# an image runs as somebody who may not write here, and would compile all of it at every start
	@$(BIN)/python -m compileall -q scoring service
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	@echo "installing what requirements-dev.lock names …" >&2
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock >&2
	@touch $@

.venv/installed-bench: requirements-bench.lock .venv/installed-dev
	@$(PIP) install --quiet --require-hashes -r requirements-bench.lock >&2
	@touch $@
