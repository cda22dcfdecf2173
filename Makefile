# Driftscope. Every target is one script in scripts/; each installs what it needs, at pinned versions, on its first run.
.PHONY: help serve test build engine size soak bench page-bench screenshots clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

serve: ## build the page and serve it on localhost (PORT=8080)
	@scripts/serve.sh

test: ## every test (ONLY="native browser" runs only these stages)
	@scripts/test.sh $(ONLY)

build: ## the static page, into dist/
	@scripts/build.sh

engine: ## the engine alone as an ES module for Node and browsers, into target/engine
	@scripts/engine.sh

size: ## the sizes of what a visitor downloads, against their budgets
	@scripts/size.sh

soak: ## the long form of the random tests (at most 15 minutes)
	@scripts/soak.sh

bench: ## speed of kernel and model, natively and in wasm under Node
	@scripts/bench.sh

page-bench: ## what a frame, a seek and a run cost in the system's Chromium
	@scripts/page-bench.sh

screenshots: ## pictures of the page (ARGS="--hash '#...' --out FOLDER --readme")
	@scripts/screenshots.sh $(ARGS)

clean: ## remove what was built here; the shared tools stay
	@scripts/clean.sh
