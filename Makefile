# The two commands: `make run` and `make test`. `make bench` prints figures, `make setup` only installs what is missing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Debian 12 names. clang and libclang: bindings to libav; mold: linker; ffmpeg, chromium and the CJK fonts: tests.
PACKAGES := ca-certificates clang libc6-dev libclang-dev mold pkg-config \
    libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libswresample-dev libswscale-dev \
    ffmpeg chromium fonts-noto-cjk

STAMPS := target/stamps
WEB_SOURCES := $(shell find web-client -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
RUN_ARGS ?= --demo

export CARGO_TERM_COLOR ?= auto
export SQLX_OFFLINE ?= true

.PHONY: help setup tools packages web web-test browser-modules run test lint rust-test screenshots bench bench-instructions clean-stamps

help:
	@echo 'make run    install what is missing, build, serve a demo school district on this machine'
	@echo 'make test   every check and test, browsers included'
	@echo 'make bench  figures for this machine, into target/bench.json and a table'
	@echo 'make setup  only install what is missing'

setup: tools packages

# What make cannot install: it says which and how.
tools:
	@bad=0; \
	say() { echo "airclass needs $$1: $$2" >&2; bad=1; }; \
	command -v cargo >/dev/null || say 'cargo (Rust 1.94 or newer)' 'install it from https://rustup.rs'; \
	if command -v node >/dev/null; then \
	    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
	        || say 'Node 20.19 or newer' "this one is $$(node --version); see https://nodejs.org/en/download"; \
	else say 'Node 20.19 or newer' 'see https://nodejs.org/en/download'; fi; \
	command -v npm >/dev/null || say 'npm' 'it comes with Node; on Debian also: apt-get install npm'; \
	exit $$bad

packages:
	@missing=(); \
	if ! command -v dpkg-query >/dev/null; then \
	    echo 'this is not Debian: please see to it that these or their like are installed: $(PACKAGES)' >&2; exit 0; \
	fi; \
	for package in $(PACKAGES); do \
	    [[ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null || true)" == installed ]] || missing+=($$package); \
	done; \
	if (( $${#missing[@]} )); then \
	    root=(); \
	    if (( EUID )); then \
	        command -v sudo >/dev/null || { echo "please install as root: apt-get install $${missing[*]}" >&2; exit 1; }; \
	        root=(sudo); \
	    fi; \
	    echo "installing: $${missing[*]}"; \
	    "$${root[@]}" apt-get update -q; \
	    "$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"; \
	fi

# Web client, rebuilt when a source changed.
$(STAMPS)/web-modules: web-client/package.json web-client/package-lock.json
	cd web-client && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

$(STAMPS)/web-client: $(STAMPS)/web-modules $(WEB_SOURCES)
	cd web-client && npm run build
	@mkdir -p $(@D) && touch $@

web: $(STAMPS)/web-client

$(STAMPS)/web-test: $(STAMPS)/web-modules $(WEB_SOURCES) $(wildcard signaling/fixtures/*)
	cd web-client && npm run check
	cd web-client && npm test 2>&1 | tee ../target/web-test.log
	@mkdir -p $(@D) && touch $@

web-test: $(STAMPS)/web-test

$(STAMPS)/browser-modules: tests/browser/package.json tests/browser/package-lock.json
	cd tests/browser && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

browser-modules: $(STAMPS)/browser-modules

run: setup
	@$(MAKE) --no-print-directory web
	cargo build --release --bin airclass
	exec target/release/airclass serve $(RUN_ARGS)

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

# One build for all crates, then the binaries one after the other; the last line sums up what their runners said.
# The integration stories mostly wait, and take turns by what they work (tests/integration/turn.rs).
rust-test:
	@mkdir -p target; status=0; \
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-8} cargo test --workspace --no-fail-fast 2>&1 | tee target/rust-test.log || status=$$?; exit $$status

test: setup
	@mkdir -p $(STAMPS); rm -f target/rust-test.log; status=0; \
	$(MAKE) --no-print-directory browser-modules web web-test || status=1; \
	$(MAKE) --no-print-directory lint || status=1; \
	$(MAKE) --no-print-directory rust-test || status=1; \
	tests/summary.sh target/rust-test.log target/web-test.log "$$status"

# The README's pictures of a lesson, from a lesson; few colours are enough for them.
SCREENSHOTS := studio-floor studio-slides classroom-floor assistant-questions assistant-floor

screenshots: setup
	@$(MAKE) --no-print-directory browser-modules web
	cargo test --test integration a_lesson_in_pictures
	for name in $(SCREENSHOTS); do \
	    ffmpeg -loglevel error -y -i target/screenshots/$$name.png -pred mixed -compression_level 9 \
	        -vf 'split[a][b];[a]palettegen=max_colors=200:stats_mode=single:reserve_transparent=0[p];[b][p]paletteuse=dither=none' \
	        web-client/screenshots/$$name.png; \
	done

# Everything that is measured, in about ten minutes: fan-out, joins, many lessons, signaling, replay, single steps.
bench: setup
	@$(MAKE) --no-print-directory web
	cargo build --release -p airclass -p airclass-load
	cargo bench --no-run -p airclass-media --bench micro --bench instructions
	@tests/bench.sh

# Instructions per step beside the baseline in the repository; fails when a step takes a few per cent more.
bench-instructions:
	cargo bench -p airclass-media --bench instructions
