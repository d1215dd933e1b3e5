# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Before anything that needs torch, or pip would take the newest CUDA build.
TORCH := 2.13.0

# Two processes on two cores: threads of small solves and networks would only wait for
# each other (heads of a network: 20 s became 5).
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

PAGE := src/feltline/server/page/index.html
WEB := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

PYTEST = $(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist worksteal --durations=10 $(COVER)
SERVED := tests/server tests/store tests/review
DOMAIN := tests/pipeline tests/project tests/formats

.PHONY: demo test pytest coverage soak lint web bench clean

demo: $(VENV)/.faces ## set up, then label a generated clip into demo/
	$(BIN)/feltline demo --out demo

test: $(VENV)/.dev $(PAGE) ## set up, then run all that CI runs
	$(MAKE) lint
	npm --prefix web run lint
	npm --prefix web test
	$(MAKE) pytest

pytest: $(VENV)/.dev $(PAGE) ## in parts, so that no process of the tests grows large
	$(PYTEST) tests/lab
	$(PYTEST) tests/cli
	$(PYTEST) -n 3 tests/browser  # which wait for one another much of the time
	$(PYTEST) $(SERVED)
	$(PYTEST) $(DOMAIN)
	$(PYTEST) tests $(addprefix --ignore=,tests/lab tests/cli tests/browser $(SERVED) $(DOMAIN))

# Apart from `make test`: Python 3.11 takes half as long again when its lines are counted.
coverage: $(VENV)/.dev $(PAGE) ## the same tests with the share of lines and branches they reach
	rm -f .coverage
	$(MAKE) pytest COVER='--cov --cov-append --cov-report= --cov-fail-under=0'
	$(BIN)/coverage report

soak: $(VENV)/.dev $(PAGE) ## the same tests with long walks, many seeds and full sizes: hours
	FELTLINE_SOAK=20 $(ONE_THREAD) $(BIN)/python -m pytest -n 2 --durations=20
	$(BIN)/pip install --quiet --editable '.[fuzz]'
	$(BIN)/python benchmarks/fuzz_tables.py --seconds 600
	$(BIN)/python benchmarks/fuzz_videos.py --seconds 600

web: $(PAGE) ## build the review page (needs Node 20 or newer)

$(PAGE): web/node_modules/.package-lock.json $(WEB)
	npm --prefix web run build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund

lint: $(VENV)/.dev
	$(BIN)/pip check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/codespell README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md docs src tests benchmarks tools web/src web/README.md

bench: $(VENV)/.dev ## ratios against references measured in the same run
	$(BIN)/python benchmarks/extract_speed.py
	$(BIN)/python benchmarks/predict_speed.py
	$(BIN)/python benchmarks/train_speed.py
	$(BIN)/python benchmarks/encode_memory.py
	$(BIN)/python benchmarks/bars/scale.py --videos 200 --judgements 400 --clicks 40
	$(if $(FELTLINE_DATA),$(BIN)/feltline bench run clips $(FELTLINE_DATA)/clips/ratings.csv --out runs/bench-clips,@echo "FELTLINE_DATA is not set: the rated clips are left out")

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.faces: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[faces]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet torch==$(TORCH)
	$(BIN)/pip install --quiet --editable '.[faces,train,bench,server,dev]'
	touch $@ $(VENV)/.faces

clean:
	rm -rf $(VENV) demo web/node_modules $(dir $(PAGE)) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
