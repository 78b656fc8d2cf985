# Kiyome: the commands of a developer and of whoever tries it. `make run` is all that a first look needs.
.DEFAULT_GOAL := help
.PHONY: help run test quick lint format bench bench-archives bench-cdr bench-conversions bench-files bench-search bench-transfers bench-walls fidelity fuzz lock clean

help:  ## what there is
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 24

run:  ## set up what is missing and start a trial run
	@tools/setup run
	@.venv/bin/kiyome run --trial

test:  ## set up what is missing and run every test
	@tools/setup test
	@.venv/bin/python -m pytest -n 2 --dist loadfile

quick:  ## the tests that take less than ten seconds each
	@tools/setup test
	@.venv/bin/python -m pytest -n 2 --dist loadfile -m "not slow"

lint:  ## ruff, mypy, import-linter
	@tools/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format:  ## let ruff write the files as it wants them
	@tools/setup test
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench:  ## the same load through Postfix and through Kiyome
	@tools/setup test
	@.venv/bin/python -m bench

bench-search:  ## lists, searches and the overview with a thousand and with a million items (STORE=postgresql, KEEP=folder)
	@tools/setup test
	@.venv/bin/python -m bench.searching $(if $(STORE),--store $(STORE)) $(if $(KEEP),--keep $(KEEP))

bench-transfers:  ## files from one side to the other: megabytes per second beside a plain copy, and memory (MB=64 LARGE=1024)
	@tools/setup test
	@.venv/bin/python -m bench.transfers $(if $(MB),--megabytes $(MB)) $(if $(LARGE),--large $(LARGE))

bench-files:  ## the same without the web: one and eight files at a time, and the gateway's peak memory (MB=64)
	@tools/setup test
	@.venv/bin/python -m bench.files $(if $(MB),--mib $(MB))

bench-walls:  ## what the walls of the children cost: with and without, warm and one-shot
	@tools/setup test
	@.venv/bin/python -m bench.walls

bench-cdr:  ## PDF and Office files: pages, files and megabytes per second beside mat2 (FILES=folder)
	@tools/setup test
	@.venv/bin/python -m bench.cdr $(FILES)
	@.venv/bin/python -m bench.office $(FILES)

bench-archives:  ## members and megabytes per second beside bsdtar, and what of a folder of archives comes through (FILES=folder)
	@tools/setup test
	@.venv/bin/python -m bench.archives $(FILES)

bench-conversions:  ## old documents through LibreOffice, kept warm and started for each (FILES=folder)
	@tools/setup test
	@.venv/bin/python -m bench.conversions $(FILES)

fidelity:  ## what stays of a folder of files when they are cleaned (FILES=folder)
	@tools/setup test
	@.venv/bin/python -m bench.fidelity $(FILES)

fuzz:  ## search for mails and files that break a promise (SECONDS=60)
	@tools/setup test
	@.venv/bin/python -m tests.fuzz --seconds $(or $(SECONDS),60)

lock:  ## write the locks from pyproject.toml (UPGRADE=1: newest versions)
	@tools/lock $(if $(UPGRADE),--upgrade)

clean:  ## remove what was made, the trial's mail included
	rm -rf .venv trial build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
