# Training neural networks as a cached, reproducible dataflow. `make` alone lists what there is.
# Everything installs itself into .venv; only Python 3.11 or newer and make must be there.

PYTHON  ?= python3
SOURCE  ?= auto
RECIPE  ?= default
EPOCHS  ?=
WORKERS ?=
INPUTS  ?= 1000000

BIN   := .venv/bin
FLAGS := --source $(SOURCE) --recipe $(RECIPE) $(if $(EPOCHS),--epochs $(EPOCHS)) $(if $(WORKERS),--workers $(WORKERS))

.DEFAULT_GOAL := help
.PHONY: help all test test-lowest test-newest lint bench ablation parity export-test sklearn-checks fuzz edits crash-test cluster-test page-test dist clean test-long readme

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables      SOURCE=$(SOURCE) RECIPE=$(RECIPE) EPOCHS=$(EPOCHS) WORKERS=$(WORKERS)"

all: .venv/core  ## the whole job: source → model.json and its evaluation
	@$(BIN)/pipeline run $(FLAGS) --save model.json
	@echo
	@echo "Three things to try next:"
	@echo "  a page to open         $$(ls -t artifacts/reports/*.html 2>/dev/null | head -n 1)"
	@echo "  images to classify     $(BIN)/pipeline predict --load model.json --save-samples 8"
	@echo "                         (or with the path of an image of your own in place of --save-samples 8)"
	@echo "  another network        $(BIN)/pipeline run $(strip $(FLAGS)) --hidden 512,512 --activation gelu"

test: .venv/dev  ## the everyday tests, with coverage by module
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --fail-under=100 --include='pipeline/fingerprint.py,pipeline/store/store.py,pipeline/planner.py'
	$(BIN)/coverage report --fail-under=95 --include='pipeline/store/*'

test-long: .venv/dev  ## the whole program, samples of campaigns, more examples of properties
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'long or whole or hypothesis' --hypothesis-profile=long

test-lowest: .venv/dev  ## every test with the lowest versions that pyproject.toml allows, on Python 3.11
	$(BIN)/python -m tests.versions lowest

test-newest: .venv/dev  ## every test with the newest versions, on each Python from 3.11 to 3.14 that is here
	$(BIN)/python -m tests.versions newest

lint: .venv/dev  ## style and mistakes that can be seen without running
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

bench: .venv/bench  ## speed of the gradient step beside its peers and its limit
	$(BIN)/python -m tests.benchmarks

ablation: .venv/core  ## what each component of recipe fast-dense is worth: a hundred trainings, resumed; SOURCE=PATH
	nice -n 10 $(BIN)/python -m tests.ablation --source $(SOURCE) $(if $(EPOCHS),--epochs $(EPOCHS))

parity: .venv/bench .venv/dev  ## every component of a training beside PyTorch, on the same numbers
	$(BIN)/python -m tests.parity

export-test: .venv/dev  ## every recipe, activation and ensemble, exported and compared on all test images
	nice -n 10 $(BIN)/python -m tests.export $(if $(filter auto,$(SOURCE)),,--source $(SOURCE))

sklearn-checks: .venv/dev  ## scikit-learn's checks and its own tests, all of them, on our classifier
	$(BIN)/pip install --quiet --disable-pip-version-check 'pandas>=2.2'
	SKLEARN_CHECKS=1 SCIPY_ARRAY_API=1 $(BIN)/python -m pytest -n 2 tests/stages/neuralnet/sklearn

fuzz: .venv/dev  ## a million hostile inputs over all that reads files; INPUTS=20000 for fewer
	nice -n 10 $(BIN)/python -m tests.fuzz --inputs $(INPUTS)

edits: .venv/dev  ## edits to small programs: does the cache ever give what a fresh store would not?
	nice -n 10 $(BIN)/python -m tests.edits

crash-test: .venv/dev  ## faults, power failures, kill -9, many at once: over an hour; CRASH=--short for a minute
	nice -n 10 $(BIN)/python -m tests.crash $(CRASH)

cluster-test: .venv/dev  ## searches on a real Dask cluster, killed in the middle; a remote cut at 50 points; CLUSTER=--short
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[cluster]'
	nice -n 10 $(BIN)/python -m tests.cluster $(CLUSTER)

page-test: .venv/dev  ## the report's pages in a real Chromium, with axe-core where npm is; SHOTS=FOLDER keeps pictures
	@npm --version >/dev/null 2>&1 && npm install --silent --no-save --prefix .venv/axe axe-core || true
	$(BIN)/python -m tests.page --axe .venv/axe/node_modules/axe-core/axe.min.js $(if $(SHOTS),--screenshots $(SHOTS))

readme: .venv/core  ## run the sessions of both READMEs and paste what they print: SOURCE=ARCHIVE of CIFAR-10
	nice -n 10 $(BIN)/python -m tests.pasted $(SOURCE) --write

dist: .venv/dev  ## a wheel and an sdist in dist/, both tried in empty environments, with each Python from 3.11 on
	rm -rf dist build
	$(BIN)/pip install --quiet --disable-pip-version-check 'build>=1.2'
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m tests.packages dist

clean:  ## remove what was built; cached results and datasets stay
	rm -rf .venv build dist *.egg-info .coverage htmlcov .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "expected Python 3.11 or newer, found $$($(PYTHON) --version); say: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/core: .venv/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[pictures]'
	@$(BIN)/pipeline plan --source synthetic >/dev/null 2>&1 || true  # looks at the sources now, not in the first run
	@touch $@

.venv/dev: .venv/core
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test,lint]'
	@touch $@

.venv/bench: .venv/core
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@
