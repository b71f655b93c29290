# The two that matter: `make run` and `make test`. `make help` lists the rest.

SWIFT        ?= swift
JOBS         ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
RELEASE_PATH := .build-release
BIN          := $(RELEASE_PATH)/release
STRICT       := --explicit-target-dependency-import-check error -j $(JOBS)
# Stripped, because the programs travel to every host.
RELEASE      := -c release --static-swift-stdlib --scratch-path $(RELEASE_PATH) -Xlinker -s $(STRICT)
BUNDLES      ?= bundles
SWIFT_FILES  := Package.swift Sources Tests agent coordinator protocol

export FLEET_BIN ?= $(CURDIR)/$(BIN)

.PHONY: help packages test-packages build bundle debug run lab lab-down test lint format clients simulate-faults chaos environment-rounds platform-kills soak external mutants drawn-mutants coverage test-coverage-doc sanitize bench-build bench bench-platform fuzz clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

packages: ## install what building and a lab need, and say why
	@Tests/Tools/install-packages run
	@Tests/Tools/install-openbao

test-packages: ## install what the tests need besides
	@Tests/Tools/install-packages run test clients
	@Tests/Tools/fetch-junit-xsd
	@Tests/Tools/fetch-clients

build: packages ## build coordinator, agent and platform, release, without a Swift runtime to install
	$(SWIFT) build $(RELEASE) --product coordinator
	$(SWIFT) build $(RELEASE) --product agent
	$(SWIFT) build $(RELEASE) --product platform
	@Tests/Tools/install-openbao $(BIN)

bundle: build ## put the programs for hosts like this machine into bundles/, for --bundle on another machine
	@Tests/Tools/make-bundle $(BIN) $(BUNDLES)

debug: packages ## build everything, debug, with its tests
	$(SWIFT) build --build-tests $(STRICT)

run: build ## bring up a lab of four hosts and run the built-in tests over it
	@Tests/Tools/run-over-lab $(BIN)

lab: packages ## bring a lab of four hosts up, for playing with it
	@Tests/Lab/lab up --hosts 4

lab-down: ## take the lab down
	@Tests/Lab/lab down

lint: ## check the format of every Swift file
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)

format: ## format every Swift file in place
	$(SWIFT) format format --in-place --parallel --recursive $(SWIFT_FILES)

test: test-packages lint build debug ## run all tests: unit, style, integration, lab
	@Tests/Tools/run-tests

clients: build ## run the common clients against builtin and native services (ONLY="git hvac")
	@Tests/Tools/install-packages clients
	@Tests/Tools/fetch-clients
	.build-tools/clients/bin/python Tests/Clients/run-clients $(ONLY)

simulate-faults: debug ## simulate the fleet with faults from many seeds (SEEDS, default 10000; FIRST, default 1)
	FLEET_SEEDS=$(or $(SEEDS),10000) FLEET_FIRST_SEED=$(or $(FIRST),1) \
		$(SWIFT) test --skip-build --filter '^SimulationTests\.SimulationTests/noTestIsLost'

chaos: test-packages build debug ## runs over a lab with random kills, stops and cuts (ROUNDS, default 100; SEED, default 1)
	FLEET_CHAOS_ROUNDS=$(or $(ROUNDS),100) FLEET_CHAOS_SEED=$(or $(SEED),1) \
		$(SWIFT) test --skip-build --filter ChaosTests

environment-rounds: test-packages build debug ## environments up and down, one process killed in each round (ROUNDS, default 20)
	FLEET_ROUNDS=$(or $(ROUNDS),20) $(SWIFT) test --skip-build --no-parallel --filter RoundTests

soak: build ## the 140 again and again over one lab, shuffled (ROUNDS=20, SEED=1, ARGS="--half", "--single", "--keep-going")
	@Tests/Tools/soak $(BIN) --rounds $(or $(ROUNDS),20) --seed $(or $(SEED),1) $(ARGS)

external: build ## the tests against an environment that was brought up by hand (MODES="solo enterprise")
	@Tests/Tools/prove-external $(BIN) $(or $(MODES),solo enterprise)

mutants: packages ## try the written faults of Tests/Mutants: which test catches each (ONLY="REGEX")
	@Tests/Mutants/run-mutants --only "$(ONLY)"

drawn-mutants: packages ## try faults drawn from the platform's source: which test catches each (SEED=1, COUNT=120, ONLY="REGEX")
	@Tests/Mutants/draw-mutants --seed $(or $(SEED),1) --count $(or $(COUNT),120) --only "$(ONLY)"

coverage: build ## measure which lines of the platform the 140 tests reach by themselves (UNCOVERED=REGEX shows what they do not)
	@Tests/Tools/coverage $(if $(UNCOVERED),--uncovered '$(UNCOVERED)')

test-coverage-doc: build ## write docs/TEST_COVERAGE.md from the tests and from what mutants and coverage have found
	@Tests/Tools/test-coverage-doc

platform-kills: packages debug ## 1,000 tasks of 50 clients while the orchestrator is killed ten times: each ends exactly once
	FLEET_PLATFORM_KILLS=whole $(SWIFT) test --skip-build --filter '^PlatformTests\.KillTests'

sanitize: test-packages ## run the unit tests under the thread and the address sanitizer
	@Tests/Tools/sanitize

bench-build: build ## build the program that measures parts of the fleet from inside
	@rm -f .build-bench/release.yaml # or new files of the package above are not seen
	$(SWIFT) build -c release -Xswiftc -enable-testing --package-path Tests/Benchmarks --scratch-path .build-bench -j $(JOBS)

bench: bench-build ## measure what the fleet costs beside its peers (ROUNDS=3, ONLY=name); writes bench.json
	@Tests/Tools/install-packages bench
	@Tests/Benchmarks/bench --rounds $(or $(ROUNDS),3) $(addprefix --only ,$(ONLY))

bench-platform: build ## measure the reference platform under wrk: requests and durable submissions a second (ROUNDS=3)
	@Tests/Tools/install-packages bench
	@Tests/Benchmarks/bench --rounds $(or $(ROUNDS),3) --only orchestrator --json bench-platform.json

fuzz: ## fuzz protocol, journal, hosts.txt, suite and SSH files for a while each (SECONDS, default 60)
	@$(MAKE) -C Tests/Fuzz SECONDS=$(or $(SECONDS),60)

clean: ## remove everything that was built
	rm -rf .build .build-*
