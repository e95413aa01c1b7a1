# Every task of the project; `make help` lists them.

PROFILE ?= quick
RUN := .venv/bin/python
# What a user sets is text: make would expand it again for each program that it starts.
$(foreach name,PROFILE REPORT_LANG ONLY PYTHON CODE GPU DETERMINISTIC OFFLINE REPORT_MIRROR,$(eval override $(name) := $$(value $(name))))
# A user's value as the shell is to take it: one word, of which nothing is run or expanded.
quoted = '$(subst ','\'',$(value $1))'

# The project's own folder first, so that a copy of the project runs its own code.
export PYTHONPATH := $(CURDIR)
export JUPYTER_PREFER_ENV_PATH := 1
export PYTHONHASHSEED := 0
export REPORT_MIRROR
ifneq ($(GPU),)
export REPORT_GPU := 1
endif
ifneq ($(DETERMINISTIC),)
export REPORT_DETERMINISTIC := 1
endif

NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))
EXECUTED := $(NOTEBOOKS:notebooks/%=reports/notebooks/%)
# Notebooks that read the results of others run after all that come before them.
READERS := $(shell grep -l 'results[.]read' $(NOTEBOOKS))
before = $(if $(filter-out $1,$(firstword $2)),$(firstword $2) $(call before,$1,$(wordlist 2,99,$2)))

.DEFAULT_GOAL := help
.PHONY: help report status environment test test-slow test-gpu-rehearsal lint format lab data bench sample messages \
  architecture check-gpu train-scenes pins clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: PROFILE=smoke|quick|cifar|gpu|full  REPORT_LANG=en|ru  CODE=1  GPU=1  DETERMINISTIC=1  OFFLINE=1  PYTHON=python3.12"
	@echo "  Of data: ONLY=deeplab-mobilenet|deeplab|cifar10  REPORT_MIRROR=https://…|folder"

report: environment ## run the notebooks that are out of date, write reports/report.<lang>.pdf
	@$(RUN) -m helpers.build $(WANTED) $(if $(value OFFLINE),--offline) -- $(MAKE) --silent --no-print-directory

status: environment ## tell what make report would run, and why
	@$(RUN) -m helpers.build $(WANTED) --status

WANTED = --profile $(call quoted,PROFILE) --languages $(call quoted,REPORT_LANG) $(if $(value CODE),--code)

# The pipeline. What a notebook or a report is made from is written to reports/inputs/ before these
# rules are asked, and only where it has changed: contents decide, not time stamps.
$(EXECUTED): reports/notebooks/%.ipynb: reports/inputs/%.json
	@$(RUN) -m helpers.run $*

$(foreach reader,$(READERS),$(eval $(reader:notebooks/%=reports/notebooks/%): \
  $(patsubst notebooks/%,reports/notebooks/%,$(call before,$(reader),$(NOTEBOOKS)))))

reports/%.pdf: reports/inputs/%.json $(EXECUTED)
	@$(RUN) -m helpers.report $*

environment: # bring .venv up to date; by its own Python, unless another one is named
	@$(if $(PYTHON),$(call quoted,PYTHON),$(or $(wildcard .venv/bin/python),python3)) \
	  tools/environment.py $(if $(value GPU),gpu)

test: environment ## fast tests, and one smoke report in a temporary copy
	@$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not gpu_rehearsal"

test-slow: environment ## the tests that take minutes
	@$(RUN) -m pytest -m slow

test-gpu-rehearsal: environment ## run the smoke report as a machine with GPUs does, on the CPU
	@$(RUN) -m pytest -m gpu_rehearsal

lint: environment ## check style of code and notebooks, and types
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy

format: environment ## set code and notebooks in the project's style, notebooks without outputs
	@$(RUN) -m nbconvert --log-level WARN --to notebook --inplace --ClearOutputPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.preserve_cell_metadata_mask tags \
	  --ClearMetadataPreprocessor.preserve_cell_metadata_mask jupyter \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask kernelspec notebooks/*.ipynb
	@$(RUN) -m ruff check --fix . && $(RUN) -m ruff format .

lab: environment ## open JupyterLab at the project's root, with notebooks in the language REPORT_LANG
	@$(RUN) -m tools.lab $(call quoted,REPORT_LANG)

data: environment ## download the real data sets, or those of ONLY=, verified and resumed
	@$(RUN) -m helpers.fetch_data $(foreach word,$(ONLY),$(call quoted,word))

bench: environment ## measure ours against peers, write reports/bench.json
	@$(RUN) -m benchmarks $(foreach word,$(ONLY),$(call quoted,word))

sample: environment ## renew reports/sample/ and README's table of results from the last report
	@$(RUN) -m tools.sample

messages: environment ## bring the catalogues in locale/ up to date, list what to translate
	@$(RUN) -m tools.messages $(call quoted,REPORT_LANG)

check-gpu: environment ## measure the networks on this machine's GPU, write reports/check_gpu.json
	@$(RUN) -m tools.check_gpu

architecture: environment ## draw docs/architecture.svg from the imports
	@$(RUN) -m tools.architecture

train-scenes: environment ## train the compact DeepLab networks whose weights data/weights/ keeps
	@$(RUN) -m tools.train_scenes

clean: ## remove what make report wrote; downloads and training runs stay
	rm -rf reports/notebooks reports/results reports/inputs reports/html reports/kernel.log reports/report.*.pdf

pins: ## compile requirements*.txt from pyproject.toml anew (needs uv)
	uv pip compile pyproject.toml --extra cpu --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q -o requirements.txt
	uv pip compile pyproject.toml --extra gpu --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q -o requirements-gpu.txt
