# Every task of the project; `make help` lists them.

PROFILE ?= quick
REPORT_LANG ?=
TRANSLATED := $(filter-out en,$(REPORT_LANG))
PYTHON ?= python3
KIND := $(if $(GPU),gpu,cpu)
READY := .venv/installed-$(KIND)
RUN := "$(CURDIR)/.venv/bin/python"

# The project's own folder first, so that a copy of the project runs its own code.
export PYTHONPATH := $(CURDIR)
export JUPYTER_PREFER_ENV_PATH := 1
export PYTHONHASHSEED := 0

# GPU=1: every task that needs .venv first looks for a GPU; the tests do not hide it.
ifneq ($(GPU),)
export REPORT_GPU := 1
.PHONY: gpu
.venv/installed-gpu: | gpu
gpu:
	@$(PYTHON) -c "from helpers import environment; environment.check_gpu()"
endif

.DEFAULT_GOAL := help
.PHONY: help report test test-slow lint format lab data bench messages train-scenes pins clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: PROFILE=smoke|quick|full  REPORT_LANG=en|ru  CODE=1  GPU=1  PYTHON=python3.12"

report: $(READY) ## run the notebooks that are out of date, write reports/report.<lang>.pdf
	@$(RUN) -m helpers.pipeline --profile $(PROFILE) $(addprefix --language ,$(REPORT_LANG)) $(if $(CODE),--code)

test: $(READY) ## fast tests, and one smoke report in a temporary copy
	@$(RUN) -m pytest -n 2 -m "not slow"

test-slow: $(READY) ## the tests that take minutes
	@$(RUN) -m pytest -m slow

lint: $(READY) ## check style of code and notebooks
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

format: $(READY) ## set code and notebooks in the project's style, notebooks without outputs
	@$(RUN) -m nbconvert --log-level WARN --to notebook --inplace --ClearOutputPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.preserve_cell_metadata_mask tags \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask kernelspec notebooks/*.ipynb
	@$(RUN) -m ruff check --fix . && $(RUN) -m ruff format .

lab: $(READY) ## open the notebooks in JupyterLab, in the language REPORT_LANG
	@$(if $(TRANSLATED),$(RUN) -m helpers.report.translation --lab $(TRANSLATED))
	@cd $(if $(TRANSLATED),reports/lab/$(TRANSLATED),notebooks) && REPORT_LANG=$(or $(REPORT_LANG),en) $(RUN) -m jupyterlab

data: $(READY) ## download the real data sets, verified and resumed
	@$(RUN) -m helpers.data

bench: $(READY) ## measure ours against peers, write reports/bench.json
	@$(RUN) -m benchmarks $(ONLY)

messages: $(READY) ## bring the catalogues in locale/ up to date, list what to translate
	@$(RUN) -m helpers.report.translation $(TRANSLATED)

train-scenes: $(READY) ## train the compact DeepLab networks whose weights data/weights/ keeps
	@$(RUN) -m helpers.deeplab.train_scenes --model mobilenetv2
	@$(RUN) -m helpers.deeplab.train_scenes --model xception
	@$(RUN) -m helpers.deeplab.train_scenes --model xception_no_decoder

clean: ## remove what make report wrote; downloads and training runs stay
	rm -rf reports/notebooks reports/results reports/html reports/state.json reports/progress.txt reports/kernel.log reports/report.*.pdf

pins: ## compile requirements*.txt from pyproject.toml anew (needs uv)
	uv pip compile pyproject.toml --extra cpu --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q -o requirements.txt
	uv pip compile pyproject.toml --extra gpu --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q -o requirements-gpu.txt

.venv/installed-%: requirements.txt requirements-gpu.txt pyproject.toml helpers/environment.py
	@$(PYTHON) helpers/environment.py $*
