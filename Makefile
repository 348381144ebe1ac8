# Few verbs. `make demo` and `make test` need Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRACE ?=
CONFIG ?= foresail.yaml
PORT ?= 4200
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: demo test test-long serve deployments lint types contracts audit format lock clean lambda bench-urgent bench-forecast bench-forecast-scale bench-replay bench-coordination bench-scoring bench-flows bench-load

demo: $(VENV)/.ready
	$(BIN)/foresail demo $(if $(TRACE),--trace "$(TRACE)")

test: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadfile -m "not long"

test-long: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadfile -m long

# A Prefect server, a worker and the deployments of a configuration, on loopback: docs/flows.md.
serve: $(VENV)/.dev
	$(BIN)/python -m flows.serve --config "$(CONFIG)" --port $(PORT)

deployments: $(VENV)/.dev
	$(BIN)/python -m flows.deployments "$(CONFIG)"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

# The planner as a Lambda function, for this machine's Python and architecture: docs/urgent.md.
lambda: $(VENV)/.ready
	$(BIN)/python packaging/lambda/build.py

bench-urgent: $(VENV)/.dev
	$(BIN)/python benchmarks/urgent/run.py

# What foresail is built on: pins, licences, and holes that are known where that can be asked.
audit: $(VENV)/.dev
	$(BIN)/python .ci/audit.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# uv when it is there (faster), else pip; bytecode is compiled so that first imports are quick.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("foresail needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $@

# What the tests and lints need on top.
$(VENV)/.dev: $(VENV)/.ready requirements-dev.lock
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements-dev.lock ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock ; \
	fi
	@touch $@

# Forecasts against free peers, on the traces of FORESAIL_TRACES: docs/benchmarks/forecast.md.
PEERS := benchmarks/.venv-peers

bench-forecast: $(VENV)/.ready $(PEERS)/.ready
	$(BIN)/python benchmarks/forecast/run.py --fresh --docs

bench-forecast-scale: $(VENV)/.ready
	$(BIN)/python benchmarks/forecast/scale.py

# Policies at equal risk on the same traces, and the simulator's speed: docs/benchmarks/replay.md.
bench-replay: $(VENV)/.ready
	$(BIN)/python benchmarks/replay/run.py --docs

# Tiers planned together against each alone: docs/benchmarks/coordination.md.
bench-coordination: $(VENV)/.ready
	$(BIN)/python benchmarks/coordination/run.py --docs

# Levels that scores teach, and what demotes a service: docs/benchmarks/scoring.md.
bench-scoring: $(VENV)/.ready
	$(BIN)/python benchmarks/scoring/run.py --docs

# What Prefect costs on top of the library: docs/flows.md.
bench-flows: $(VENV)/.dev
	$(BIN)/python benchmarks/flows/run.py

# A thousand services in one run: time, memory, calls: docs/benchmarks/load.md.
bench-load: $(VENV)/.ready
	$(BIN)/python benchmarks/load/run.py

$(PEERS)/.ready: benchmarks/requirements-peers.txt
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" $(PEERS) && \
	  uv pip install --quiet --python $(PEERS)/bin/python --compile-bytecode -r $< ; \
	else \
	  $(PYTHON) -m venv $(PEERS) && \
	  $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $< ; \
	fi
	@touch $@

lock:
	uv pip compile --universal --python-version 3.11 --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --extra demo pyproject.toml -o requirements.lock -c requirements-dev.lock

clean:
	rm -rf $(VENV) foresail-demo .foresail
