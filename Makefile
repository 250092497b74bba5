# Everything here sets itself up: Python 3.11 or newer with pip, git and make are enough.
#   make run    set up, and open the wizard
#   make test   set up, and pass the tests      (make test ARGS="-k wizard" for some of them)
#   make test-all-examples  the property tests with all of their examples
#   make test-long  the long lanes: whole flows, kills, attacks, secrets and fuzzing
#   make load   hundreds of processes at once, thousands of sessions in a row
#   make windows  the main job and unit tests on Windows, under Wine (Debian: wine, wine64, maven)
#   make interop  what awsprof writes, used by every SDK
#   make test-kills  each command that writes, ended by a signal at each step of it
#   make test-fast  the quick unit tests: no process is started, and nothing waits
#   make demo   the main job in a sandbox, with an AWS of its own
#   make lint   style and types; make lint-all: types as on Linux, macOS and Windows
#   make proof  all lanes twice, and docs/proof.md from their results
#   make reference  docs/reference.md from the docstrings
#   make fuzz   100,000 fixes and as many renames and edits of files as people leave them
#   make corpus  inputs for each parser, found by coverage (Linux and macOS: Atheris)
#   make bench  what is claimed to be fast, measured
#   make man    the man pages, in build/man, from the commands' own help
#   make dist   the wheel and the sdist, in dist/, built twice and compared
#   make lock   write the lock files anew
.POSIX:
.PHONY: run test test-fast test-all-examples test-long interop test-kills load windows windows-ready fuzz corpus proof demo lint lint-all bench dist man lock pictures reference clean
SHELL = /bin/sh
VENV = .venv
BIN = $(VENV)/bin
ARGS =
# One more than there are cores: some tests wait. Those of `make test` wait a third of their time.
WORKERS = $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))
MORE_WORKERS = $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 + 1 ))
# Where Python is told to keep no bytecode, each process that a test starts would compile all anew.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(WORKERS)

run: $(VENV)/.run
	@$(BIN)/awsprof $(ARGS)

test: $(VENV)/.dev .venv-awscli/.ready .venv-aiobotocore/.ready node
	AWSPROF_TEST_PROFILE=$${AWSPROF_TEST_PROFILE:-dev} \
	  $(PYTEST) -n $(MORE_WORKERS) --dist worksteal -m "not long and not lane" $(ARGS)

test-all-examples: $(VENV)/.dev node
	AWSPROF_TEST_PROFILE=ci $(PYTEST) --dist worksteal -m "budget and not long and not lane" $(ARGS)

test-long: $(VENV)/.dev .venv-awscli/.ready .venv-aiobotocore/.ready node
	$(PYTEST) --dist worksteal -m long $(ARGS)

# The compiled clients go to build/interop; what has no toolchain here is left out, and said.
interop: $(VENV)/.dev .venv-awscli/.ready .venv-aiobotocore/.ready .venv-oldest/.ready node
	$(BIN)/python tests/foreign/build.py build/interop
	$(PYTEST) tests/interop $(ARGS)

test-fast: $(VENV)/.dev
	$(PYTEST) -q -m "not slow and not long" tests/unit $(ARGS)

fuzz: $(VENV)/.dev
	AWSPROF_TEST_EXAMPLES=$${AWSPROF_TEST_EXAMPLES:-100000} \
	  $(PYTEST) -q --dist worksteal --timeout 0 \
	    tests/unit/doctor/test_fuzzed.py $(ARGS)

# 20 seconds for each parser; what it finds goes to tests/corpus/data.
corpus: $(VENV)/.dev build/atheris/.ready
	PYTHONPATH=build/atheris $(BIN)/python -m tests.corpus.grow $(ARGS)

build/atheris/.ready: tests/corpus/atheris.lock
	@$(BIN)/python -m pip install -q --require-hashes --upgrade --target $(@D) -r $<
	@touch $@

# All points take some minutes; `make test-long` tries a few of each command.
test-kills: $(VENV)/.dev
	AWSPROF_TEST_KILLS=all $(PYTEST) --dist worksteal tests/e2e/test_every_kill.py \
	  tests/e2e/test_every_kill_at_aws.py tests/e2e/test_wizard_killed.py \
	  tests/e2e/test_team_killed.py

# One after another, since each of them fills the machine.
load: $(VENV)/.dev .venv-awscli/.ready
	$(BIN)/pytest -q -p no:xdist --timeout 400 tests/load $(ARGS)

windows-ready: $(VENV)/.dev dist
	$(BIN)/python -m tests.windows.prepare

# It is slow to start there, so its tests run in one process, and wait longer than others.
windows: windows-ready
	$(BIN)/pytest -q -p no:xdist --timeout 600 tests/windows $(ARGS)

# All lanes twice, some 40 minutes; docs/proof.md is written from their reports. A lane of which this
# commit has a report already is not run again: `make proof RUNS=1` now, and `make proof` later.
RUNS = 1 2
REPORTS = build/proof/$$(git rev-parse HEAD 2>/dev/null || echo now)
# Of changed files, and where there is no git, every report is made anew.
CLEAN = git diff --quiet HEAD 2>/dev/null
proof: $(VENV)/.dev
	@reports=$(REPORTS); $(CLEAN) || rm -rf $$reports; for run in $(RUNS); do \
	  for lane in test test-all-examples windows test-long interop load; do \
	    report=$$reports/$$run/$$lane.xml; \
	    [ -f $$report ] || $(MAKE) $$lane ARGS="--junit-xml=$$report.part" || exit 1; \
	    [ -f $$report ] || mv $$report.part $$report; \
	  done; \
	done; \
	$(BIN)/python -m tests.proof $$reports

demo: $(VENV)/.dev
	@$(BIN)/python -m examples.demo $(ARGS)

pictures: $(VENV)/.dev
	$(BIN)/python -m examples.pictures

reference: $(VENV)/.dev
	$(BIN)/python -m examples.reference

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tests use what Windows does not have (fork, chown, SIGKILL); there the package alone is checked.
lint-all: lint
	$(BIN)/mypy --platform linux --cache-dir .mypy_cache/linux
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 awsprof

dist: $(VENV)/.run
	@rm -rf dist
	@$(BIN)/python -m hatchling build
	@$(BIN)/python packaging/check_dist.py dist

man: $(VENV)/.run
	@$(BIN)/python packaging/man_pages.py build/man

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# The first Python that is new enough; a venv without pip (Debian without python3-venv) gets it.
$(VENV)/.made:
	@for python in "$${PYTHON:-python3}" python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -m venv $(VENV) 2>/dev/null || { \
	      "$$python" -m venv --without-pip $(VENV) && \
	      "$$python" -m pip --python $(BIN)/python install -q pip; } && touch $@ && exit 0; \
	  fi; \
	done; echo "awsprof needs Python 3.11 or newer (set PYTHON to one)." >&2; exit 1

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Setting up in $(VENV) (once) ..."
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

# Programs that must be able to use what we write: each in a place of its own, .venv-NAME, with
# what tests/foreign/NAME.lock says.
FOREIGN = place=$(@D); name=$${place\#.venv-}; $(BIN)/python -m venv $$place 2>/dev/null || { \
	  $(BIN)/python -m venv --without-pip $$place && \
	  $(BIN)/python -m pip --python $$place/bin/python install -q pip; } && \
	$$place/bin/python -m pip install -q --require-hashes -r tests/foreign/$$name.lock

.venv-awscli/.ready: $(VENV)/.made tests/foreign/awscli.lock
	@$(FOREIGN)
	@touch $@

# It wants a botocore of its own choosing.
.venv-aiobotocore/.ready: $(VENV)/.made tests/foreign/aiobotocore.lock
	@$(FOREIGN)
	@touch $@

# awsprof itself, with the oldest of all that pyproject.toml allows.
.venv-oldest/.ready: $(VENV)/.made tests/foreign/oldest.lock pyproject.toml
	@$(FOREIGN)
	@.venv-oldest/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: node
node:
	@if ! command -v npm >/dev/null 2>&1; then \
	  echo "npm is not here: the tests with the JavaScript SDK are skipped." >&2; \
	elif ! cmp -s tests/foreign/package-lock.json tests/foreign/node_modules/.ready; then \
	  (cd tests/foreign && npm ci --silent --no-audit --no-fund && \
	   cp package-lock.json node_modules/.ready); \
	fi

UV_COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate

lock: $(VENV)/.made
	@$(BIN)/python -m pip install -q uv
	$(UV_COMPILE) --upgrade pyproject.toml --group test --group lint --group build \
	  -o requirements-dev.lock
	$(UV_COMPILE) --upgrade pyproject.toml --group build -c requirements-dev.lock \
	  -o requirements.lock
	$(UV_COMPILE) --upgrade tests/foreign/awscli.in -o tests/foreign/awscli.lock
	$(UV_COMPILE) --upgrade pyproject.toml tests/foreign/aiobotocore.in \
	  -o tests/foreign/aiobotocore.lock
	# 3.1 has no wheel for Python 3.11.
	echo "atheris<3.1" | $(UV_COMPILE) --upgrade - -o tests/corpus/atheris.lock
	$(UV_COMPILE) --resolution lowest-direct pyproject.toml --group build -o tests/foreign/oldest.lock
	cd tests/foreign && npm install --package-lock-only --omit-lockfile-registry-resolved
	cd tests/foreign/go && go mod tidy && go get $$(go list -m \
	  -f '{{if not (or .Indirect .Main)}}{{.Path}}@latest{{end}}' all) && go mod tidy
	cd tests/foreign/rust && rm -f Cargo.lock && cargo generate-lockfile --quiet && \
	  grep -v '^source = ' Cargo.lock >Cargo.lock.new && mv Cargo.lock.new Cargo.lock

clean:
	rm -rf dist build $(VENV) .venv-awscli .venv-aiobotocore .venv-oldest tests/foreign/node_modules .mypy_cache .ruff_cache .pytest_cache
