# Every command a developer or CI needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps up down status test check e2e chaos lifecycle bench golden format clean policies-doc preview pr-report drift ephemeral reap

STACK ?= local
ENV = local

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: node_modules/.package-lock.json ## install the pinned Node packages

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@echo "installing Node packages from package-lock.json"
	@# Not npm ci: it refuses the lock file where a registry lacks other platforms' optional packages.
	@npm install --no-save --loglevel=error
	@touch $@

up: deps ## from nothing to a running local environment (root, Debian or Ubuntu)
	@platform/run up
	@platform/stack up

down: ## remove all that `make up` started; keeps only the caches
	@platform/run down
	@platform/stack forget

status: ## what of the local environment runs, and where
	@platform/run status

test: deps ## every check that needs no running environment
	@node test/run.mjs

check: deps ## format, lint and types only
	@node test/run.mjs --only static

e2e: deps ## scenarios on the running local environment
	@. platform/env && npx jest --config test/scenarios/jest.config.mjs --runInBand $(ARGS)

chaos: ## break the running environment in every way, twenty times each (ARGS="writer-killed --runs 3" for less)
	@test/chaos/run $(or $(ARGS),--runs 20)

lifecycle: deps ## kill `make up` at random steps and prove that `make down` leaves nothing (environment must be down)
	@test/lifecycle/run $(ARGS)

bench: deps ## measure, side by side with a peer: preview, image build, routing
	@. platform/env && node test/bench/run.mjs

golden: deps ## rewrite the golden topologies, reports and rendered configurations (review the diff)
	@UPDATE_GOLDENS=1 npx jest test/stacks test/review
	@UPDATE_GOLDENS=1 npx jest test/docs
	@cd platform && go test ./internal/region -update

format: deps ## format TypeScript and Go
	@npx prettier --write --log-level warn .
	@gofmt -w platform services test/chaos

# As it was written: its variables are the shell's.
ephemeral: export EPHEMERAL_CMD := $(value CMD)
ephemeral: deps ## make a test stack, run CMD="..." against it, destroy it whatever happens (SPEC=two-regions TTL=2h IMAGE=...)
	@test/ephemeral/run up --run "$$EPHEMERAL_CMD" --spec "$(SPEC)" --ttl "$(TTL)" --image "$(IMAGE)"

reap: deps ## destroy test stacks whose time is over (OLDER_THAN=2h for another time, ARGS=--dry-run to look only)
	@test/ephemeral/run reap --older-than "$(OLDER_THAN)" $(ARGS)

clean: ## remove what this checkout generated (.local, node_modules)
	@rm -rf .local node_modules coverage test/results

policies-doc: deps ## rewrite docs/policies.md from the policy pack
	@UPDATE_GOLDENS=1 npx jest test/policies/page

preview: deps ## what a program declares, without cloud, cluster or network (ENV=production; BASE=main for what changes)
	@node review/run.mjs preview --env $(ENV) $(if $(BASE),--base $(BASE))

pr-report: deps ## what a branch changes, for its pull request (ENV=production BASE=main OUT=report.md; FAIL=1 fails on loss)
	@node review/run.mjs report --env $(ENV) --base $(or $(BASE),main) $(if $(OUT),--out $(OUT)) \
		$(if $(LIMIT),--limit $(LIMIT)) $(if $(FAIL),--fail-on-stateful)

drift: deps ## what is no longer as declared (STACK=local); fails if anything is, or if it could not tell
	@$(if $(filter local,$(STACK)),. platform/env &&) node review/run.mjs drift --stack $(STACK)
