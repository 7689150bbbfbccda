# Everything sets itself up: a virtual environment in .venv, installed once per change of pyproject.toml.
# Modules are compiled when they are first imported: most of the libraries' 19,000 never are.
PYTHON ?= python3
BIN = .venv/bin
READY = .venv/ready
# CPU=1 TORCH_INDEX=URL takes torch and torchvision, which must match, from an index of builds without CUDA.
CPU ?=
TORCH_INDEX ?=
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# … and once only, also where the environment says that nothing compiled shall be kept.
unexport PYTHONDONTWRITEBYTECODE

# A test process for each core, WORKERS=… for another number.
# OPTIONS="--threads 4 --vectors avx2 --auto bf16" runs the tests as on another machine (tests/processor.py).
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
PYTEST = -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal --durations 15 $(OPTIONS)

.PHONY: help setup browser demo demo-tgs test test-slow coverage lint docs bench clean

help:
	@echo "make demo   synthetic data -> cross-validation -> blend -> scored submission, with pictures"
	@echo "make demo-tgs   the same for the second competition"
	@echo "make test   the fast tests, a few minutes (SIIM_DATA=, TGS_DATA=FOLDER add those on real data)"
	@echo "make test-slow  the other tests: kill -9, Dask, browser, whole runs of the command line"
	@echo "make coverage   both, and the share of lines that they run"
	@echo "make lint   ruff, mypy, import-linter"
	@echo "make docs   the documentation, in site/"
	@echo "make bench  speed against the peers, on real files when SIIM_DATA is set"
	@echo "make setup  only the virtual environment; CPU=1 TORCH_INDEX=URL takes a torch without CUDA from there"

$(READY): pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; set PYTHON=…' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
ifeq ($(CPU),1)
	@test -n "$(TORCH_INDEX)" || { echo "CPU=1 needs TORCH_INDEX=URL, an index with builds of torch and torchvision without CUDA"; exit 1; }
	$(PIP) --no-deps --index-url "$(TORCH_INDEX)" torch torchvision
	$(BIN)/python -c "import importlib.metadata as m, sys; cuda = [n for n in ('torch', 'torchvision') if '+cpu' not in m.version(n)]; sys.exit(f'{cuda} came with CUDA from another index of pip: take that out of its configuration, or leave CPU=1 out' if cuda else 0)"
endif
	$(PIP) --editable '.[dev]'
	touch $@

setup: $(READY)

demo: $(READY)
	$(BIN)/tools demo --competition siim_acr_pneumothorax

demo-tgs: $(READY)
	$(BIN)/tools demo --competition tgs_salt

# Pages are tested in Chromium. As root on Debian it is installed; elsewhere those tests are skipped without it.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	     && apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends chromium >/dev/null 2>&1; } \
	|| echo "no Chromium here: the tests in a browser are skipped"

test: $(READY)
	$(BIN)/python $(PYTEST) -m "not slow and not benchmark_suite"

test-slow: $(READY) browser
	$(BIN)/python $(PYTEST) -m "slow and not benchmark_suite"

# pyproject.toml says what is measured; the commands and workers that a test starts are, too.
coverage: $(READY) browser
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A warning, such as a broken link, is an error. mkdocs-material's notice about its future is not for us.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "open site/index.html, or for its search: $(BIN)/python -m http.server --directory site"

bench: $(READY)
	$(BIN)/python -m pytest tests/benchmarks -m benchmark_suite --benchmark-only --benchmark-columns=min,median,rounds

clean:
	rm -rf .venv .artifacts dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
