# `make` alone lists the targets. Everything is built from this folder, with the Python of .venv.
export OPENBLAS_NUM_THREADS := 1   # the same sums on every machine, and dbt's threads do not fight over the cores

unexport PYTHONDONTWRITEBYTECODE   # else each of the many processes compiles the project anew

# What a user gives, on the command line or in the environment, is text. make reads no code in it ($(value) is not expanded, and :=
# keeps it so; only FROM:= and FROM!= on the command line ask make to), and no shell reads words in it: recipes take it from the
# environment, as "$$FROM" and after --, or as one word --to=...
text = $(eval override $(1) := $$(value $(1)))$(eval export $(1))
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
given += PYTHON HASHES ENGINE STUDY VFM_STUDY VFM_BUILD
$(foreach name,$(sort $(given)),$(if $(filter undefined default,$(origin $(name))),,$(call text,$(name))))
HASHES ?= --require-hashes
export HASHES
# make bundle takes the versions for which it packs: PYTHON=3.12, or several
ifneq ($(filter 3.%,$(PYTHON)),)
override BUNDLE_PYTHON := $(PYTHON)
override PYTHON := python3
endif
ifeq ($(PYTHON),)
override PYTHON := python3
endif
# STUDY=name: a file of studies/. Every target works on it, in a build folder and a published file of its own.
ifneq ($(STUDY),)
override VFM_STUDY := $(STUDY)
export VFM_STUDY
endif
ifeq ($(VFM_BUILD),)
override VFM_BUILD := build$(if $(filter-out kora_2017,$(VFM_STUDY)),_$(VFM_STUDY))
endif
export PYTHON VFM_BUILD BUNDLE_PYTHON

venv := .venv
python := $(venv)/bin/python
installed := $(venv)/.installed-$(shell cat requirements.lock pyproject.toml | cksum | cut -d ' ' -f 1)
spark := $(venv)/.installed-spark-$(shell cksum < requirements-spark.lock | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help build small test test-spark truth realism compare-releases release-pack docs cookbook sql report export bundle picture sensitivity studies registers import check-registers fetch-statbank lint bench bench-build bench-import bench-scale coverage calibrate recovery attack check-seeds mutations lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(if $(filter-out spark,$(ENGINE)),$(installed),$(if $(ENGINE),$(spark),$(installed)))  ## build the warehouse, test its data, publish vfm.duckdb, say what was made; ENGINE=spark: SQL on Spark
	@$(python) -m vfm build $${ENGINE:+"--engine=$$ENGINE"}

small: $(installed)  ## build a world of a tenth under the setting of tests/support/small.yml, with its page, into build/small (a minute)
	@PYTHONPATH=tests/support $(python) tests/support/small_world.py "$$VFM_BUILD/small"

test: lint  ## lint, all tests of the warehouse (data tests again unless make build just ran them), of the package, and its truth
	@test -f "$$VFM_BUILD/warehouse.duckdb" || $(python) -m vfm.build
ifeq ($(filter-out kora_2017,$(VFM_STUDY)),)
	@$(venv)/bin/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --junit-xml="$$VFM_BUILD/tests.xml"
	@$(python) tests/support/closing_line.py "$$VFM_BUILD/tests.xml"
else
	@$(python) -m vfm.studies dbt test --selector all
endif

test-spark: $(spark)  ## build the SQL models on DuckDB and on Spark, alone and on a cluster, compare every table (needs Java 17)
	@$(venv)/bin/pytest tests/spark

truth: $(installed)  ## simulate the registers' world anew and compare the built warehouse with it, everybody and exactly
	@test -f "$$VFM_BUILD/warehouse.duckdb" || $(python) -m vfm.build
	@$(python) -m vfm.synthetic.verify.truth_check

realism: $(installed)  ## compare the registers' world with public figures: ages, countries, moves, families, work, places
	@$(python) -m vfm.synthetic.verify.realism

compare-releases: $(installed)  ## list what two published files tell of few persons by their difference: OLD=old.duckdb NEW=new.duckdb
	@$(python) -m vfm compare-releases -- "$$OLD" "$$NEW"

release-pack: $(installed)  ## write build/release-pack: the published file with what it rests on and hides, for an output check: TO=folder
	@$(python) -m vfm release-pack $${TO:+"--to=$$TO"}

docs: $(installed)  ## write one page with the lineage and everything described, to be opened from disk
	@$(python) -m vfm docs

cookbook: $(installed)  ## write docs/cookbook.md: the questions of analyses/ with their answers from vfm.duckdb
	@$(python) -m vfm cookbook

sql: $(installed)  ## a read-only shell on vfm.duckdb; Ctrl-D leaves
	@$(python) -m vfm sql

report: $(installed)  ## write the report page, report/index.html (Danish) and report/en.html: GEOJSON=file for true outlines
	@$(python) -m vfm report $${GEOJSON:+"--geojson=$$GEOJSON"}

export: $(installed)  ## write the results to take away: export/value_for_money.xlsx, and CSV files with datapackage.json: TO=folder
	@$(python) -m vfm export $${TO:+"--to=$$TO"}

bundle: $(installed)  ## write bundles/*.zip, the project and its packages for a server without network: PYTHON=3.12 PLATFORM=win_amd64 HASHES=
	@$(python) -m vfm bundle $${BUNDLE_PYTHON:+"--python=$$BUNDLE_PYTHON"} $${PLATFORM:+"--platform=$$PLATFORM"} $${TO:+"--to=$$TO"} $$([ -n "$$HASHES" ] || echo --any-hashes)

sensitivity: $(installed)  ## compare the indicators under other assumptions with those of the build (4 minutes)
	@$(python) -m vfm sensitivity

picture: $(installed)  ## take the README's picture of the page that make report has written (needs Chromium)
	@$(python) bench/picture.py

studies: $(installed)  ## list the studies of studies/; any target with STUDY=name works on one, in build_name and vfm_name.duckdb
	@$(python) -m vfm studies

registers: $(installed)  ## make the synthetic registers anew: SEED=1 for other persons, SCALE=0.1 for fewer, SCALE=10 for more
	@$(python) -m vfm registers $${SEED:+"--seed=$$SEED"} $${SCALE:+"--scale=$$SCALE"}

import: $(installed)  ## import a delivery of register files: FROM=folder, into VFM_REGISTERS or TO=folder
	@$(python) -m vfm import $${TO:+"--to=$$TO"} -- "$$FROM"

check-registers: $(installed)  ## say in seconds what a build would refuse in the registers of VFM_REGISTERS, the accounts and the seeds; AGAINST=profile: what changed since
	@$(python) -m vfm check $${AGAINST:+"--against=$$AGAINST"}

fetch-statbank: $(installed)  ## replace the accounts and the labour market in seeds/statbank by Statistics Denmark's (needs the network)
	@$(python) -m vfm fetch-statbank

lint: $(installed)  ## ruff on the Python, the walls between its rooms (import-linter), sqlfluff on the SQL
	@$(venv)/bin/ruff check --output-format concise .
	@$(venv)/bin/lint-imports --no-logo --no-cache
	@$(venv)/bin/sqlfluff lint --processes 2 --disable-progress-bar --nocolor models tests analyses

bench: $(installed)  ## time the Cox model beside lifelines, statsmodels and R, and the bootstrap (10 minutes)
	@$(python) bench/cox.py

bench-build: $(installed)  ## time every step of make build, beside its SQL alone and one run of each estimator (4 minutes)
	@$(python) bench/build.py

bench-import: $(installed)  ## time the import of a 1 GB csv and a 1 GB Stata file beside the bare reading (5 minutes)
	@$(python) bench/importing.py

bench-scale: $(installed)  ## time every layer at 1, 10 and 100 times the registers, and Spark, into docs/scaling.md (hours): SCALES="1 10"
	@$(python) bench/scale.py $${SCALES:+"--scales=$$SCALES"}

coverage: $(installed)  ## see in 1,000 simulated worlds whether 95 % intervals hold 95 % (3 minutes)
	@$(python) bench/coverage.py

calibrate: $(installed)  ## fit the synthetic world to the printed tables, into vfm/synthetic/world/fitted.json (6 minutes)
	@$(python) -m vfm.synthetic.verify.calibration

recovery: $(installed)  ## build from 20 other seeds, compare with print and truth (15 minutes): SEEDS=2 for fewer
	@$(python) -m vfm.synthetic.verify.recovery $${SEEDS:+"--seeds=$$SEEDS"}

attack: $(installed)  ## build worlds of 10 other seeds and try to recover few persons (an hour): SEEDS=2 for fewer, SCALE=0.5
	@$(python) -m vfm.synthetic.verify.attack_seeds $${SEEDS:+"--seeds=$$SEEDS"} $${SCALE:+"--scale=$$SCALE"}

check-seeds: $(installed)  ## check worlds of 20 other seeds, of which the check must say nothing (15 minutes): SEEDS=2 for fewer, SCALE=0.1
	@$(python) -m vfm.synthetic.verify.checked_seeds $${SEEDS:+"--seeds=$$SEEDS"} $${SCALE:+"--scale=$$SCALE"}

mutations: $(installed)  ## make some 800 mistakes in a delivery, see which the check misses (an hour): ONLY='column/bef.*' HELD_OUT=1
	@$(python) -m vfm.synthetic.verify.mutations $${HELD_OUT:+--held-out}

# requirements-spark.lock lists what the extra spark adds to requirements.lock, and nothing else.
compile := CUSTOM_COMPILE_COMMAND="make lock" pip-compile --extra dev --generate-hashes --allow-unsafe --no-strip-extras \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style line

lock:  ## pin the newest allowed versions of everything in requirements.lock and requirements-spark.lock (needs pip-tools)
	$(compile) --upgrade --output-file requirements.lock pyproject.toml
	cp requirements.lock requirements-both.lock  # whose versions are then kept
	$(compile) --extra spark --output-file requirements-both.lock pyproject.toml
	awk 'NR == FNR {has[$$1]; next} /^#/ {adds = !below} /^[a-z]/ {adds = !($$1 in has); below = 1} adds' \
		requirements.lock requirements-both.lock > requirements-spark.lock
	rm requirements-both.lock

clean:  ## remove what a build makes; vfm.duckdb and .venv stay
	@"$$PYTHON" -B -m vfm.warehouse.build_folder

# Packages are installed again when the pins change, whatever the files' dates. Some mirrors serve packages that they built themselves,
# whose hashes differ: `make build HASHES=` installs the pinned versions there without comparing hashes.
hashes := $(if $(HASHES),--require-hashes)
$(installed):
	@"$$PYTHON" -c 'import os, sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + os.environ["PYTHON"] + " " + sys.version.split()[0])'
	@echo "Installing the pinned packages into $(venv) ..."
	@"$$PYTHON" -m venv $(venv)
	@$(venv)/bin/pip install --quiet --disable-pip-version-check --no-compile $(hashes) -r requirements.lock
	@$(python) -m compileall -q -j 0 $(venv)/lib > /dev/null || true  # pip does it on one core; some are no Python 3
	@$(venv)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(venv)/.installed-* && touch $@

# Spark (500 MB) is installed only when it is needed. Packages that it shares with the rest are pinned in requirements.lock and stay.
$(spark): $(installed)
	@echo "Installing Spark into $(venv) ..."
	@$(venv)/bin/pip install --quiet --disable-pip-version-check $(hashes) --no-deps --no-build-isolation -r requirements-spark.lock
	@rm -f $(venv)/.installed-spark-* && touch $@
