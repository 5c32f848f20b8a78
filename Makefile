# `make run` and `make test` install what they miss; see docs/development.md.

.PHONY: help run test prove coverage fuzz site site-dev fmt lint deny clean

help:
	@echo 'make run       build, load the demo once, start server and simulator, print the link of the wall'
	@echo 'make test      every check, a line a stage (some of them: make test STAGES="fmt clippy")'
	@echo 'make prove     the long measurements of docs/performance.md'
	@echo 'make coverage  lines of domain that its own tests run, at least 95 % (coverage.sh --missing names the others)'
	@echo 'make fuzz      each fuzzer for a minute (make fuzz SECONDS=600 TARGETS="codes frame")'
	@echo 'make site      build target/site (make site-dev: quick and large)'
	@echo 'make fmt       format the sources'
	@echo 'make lint      clippy, warnings as errors'
	@echo 'make deny      licences, banned crates and sources of the lock file'
	@echo 'make clean     remove what was built (var/, the demo, stays)'

run:
	@scripts/run.sh

test:
	@scripts/test.sh $(STAGES)

prove:
	@scripts/prove.sh

coverage:
	@scripts/coverage.sh

fuzz:
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

site:
	@scripts/build-site.sh

site-dev:
	@PINGJI_SITE_PROFILE=dev scripts/build-site.sh

fmt:
	@cargo fmt --all

lint:
	@scripts/test.sh clippy clippy-browser

deny:
	@scripts/test.sh deny

clean:
	@rm -rf target end2end/shots end2end/test-results
