# Needs Python 3.11 or newer and make. `make help` lists the targets.
#   make book scale=quick    make test extras=oracle,dask    make serve port=8001
.DEFAULT_GOAL := help
.PHONY: help book serve lab outputs test bench clean
.NOTPARALLEL:

PYTHON ?= $(firstword $(foreach name,python3 python python3.13 python3.12 python3.11,$(shell \
	command -v $(name) >/dev/null 2>&1 && $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $(name))))
scale ?= full
port ?= 8000
notebooks ?= $(wildcard notebooks/*.ipynb)
extras ?= $(if $(CI),oracle$(comma)dask$(comma)jupyter$(comma)kernel)
comma := ,
bin := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
run := $(bin)/python

# Where Python is told to keep no bytecode, every kernel compiles all its imports anew.
export PYTHONDONTWRITEBYTECODE :=

# As in the book's kernels: one BLAS thread, and memory that is freed is kept.
lean := OPENBLAS_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=536870912 MALLOC_TRIM_THRESHOLD_=536870912

# uv is faster than pip; where it cannot install, say behind a mirror, pip does.
install = $(run) -m pip install --quiet --disable-pip-version-check uv && \
	$(run) -m uv pip install --quiet --python $(run) $(1) || \
	$(run) -m pip install --disable-pip-version-check $(1)

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 : /p' $(firstword $(MAKEFILE_LIST))

book: .venv/installed  ## build the report; scale=quick for fewer seeds and epochs
	@$(run) -m fma build --scale $(scale)

serve: .venv/installed  ## serve the built report on this machine; scale=quick, port=8000
	@$(run) -m fma serve --scale $(scale) --port $(port)

lab: .venv/installed-lab  ## open the notebooks in JupyterLab, with all they need; options=--no-browser
	@JUPYTER_PREFER_ENV_PATH=1 $(run) -m jupyterlab --notebook-dir notebooks $(options)

outputs: .venv/installed-lab  ## execute notebooks in place, as they are committed; notebooks=notebooks/02_regimes.ipynb for one
	@JUPYTER_PREFER_ENV_PATH=1 FMA_PROGRESS=/dev/null $(lean) $(run) -m nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False --ClearMetadataPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.clear_cell_metadata=False \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask="[('fma',), ('kernelspec',), ('language_info', 'name')]" \
		$(notebooks)

test: .venv/installed-test$(addprefix $(comma),$(extras))  ## every check; extras=oracle,dask,jupyter,kernel adds JAX gradients, a Dask cluster, the widget in JupyterLab and Notebook, the page's compiler
	@$(lean) $(run) -m pytest -n logical

bench: .venv/installed-bench book  ## what is fast, beside what else could be used; needs npm for Lighthouse
	@$(run) -m benchmarks --full
	@$(run) -m benchmarks.readme
	@$(run) -m benchmarks.gradient
	@$(run) -m benchmarks.page
	@$(run) -m benchmarks.page_ui
	@$(run) -m benchmarks.lens
	@$(run) -m benchmarks.lighthouse
	@$(run) -m benchmarks.waiting

clean:  ## remove what was built; the cache of runs stays (python -m fma cache --clear)
	rm -rf book/_build book/*.ipynb build .venv

.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, with its venv module: install it, or name it: make book PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: requirements.txt pyproject.toml .venv/made
	@echo "Installing into .venv, once"
	@$(call install,-r requirements.txt)
	@touch $@

.venv/installed-%: requirements.txt pyproject.toml .venv/made
	@echo "Installing into .venv, once"
	@$(call install,-r requirements.txt -e '.[$*]')
	@touch .venv/installed $@
