# The face of the project. `make` alone lists what there is.

CARGO ?= cargo
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)
# Where `make demo` takes its film from: nothing (the test film), a file, a folder or an MPD's URL.
SOURCE ?=
# The film of `make bench-abr`: nothing (a made-up one) or a file in Sabre's form.
MOVIE ?=
# Sabre's own script, to be measured beside.
SABRE_PY ?=
# Where `make paper-mmsys18` finds the films and networks that were published with Sabre.
SABRE ?= ../shared/reference/sabre/inputs

.PHONY: help demo test e2e check bless media deps deps-demo web onnx bench-abr paper-mmsys18 bench-balance bench-edge bench-live bench-origin bench-dns bench-route bench-connections soak audit clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: deps-demo web ## build everything and watch the test film: origin, two edges, web page (SOURCE=my.mp4 for your own)
	$(CARGO) build --locked --profile demo --bin dashpot
	@target/demo/dashpot up $(if $(SOURCE),"$(SOURCE)")

test: deps web ## run every test, those in the browser too
	$(CARGO) test --locked --workspace
	$(MAKE) --no-print-directory e2e

e2e: deps web ## run the tests that play the film in Chromium
	$(CARGO) build --locked --bin dashpot
	cd web && DASHPOT_BIN=../target/debug/dashpot npm run --silent e2e

check: deps web ## formatting, lints, types of the web page, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
	cd web && npm run --silent check

bless: web ## rewrite the snapshots after a wanted change; commit them apart
	UPDATE_EXPECT=1 $(CARGO) test --locked --workspace

media: ## make the test film again with ffmpeg (its result is committed)
	scripts/make-film.sh

deps: ## install what tests need (asks unless root or CI)
	@scripts/deps.sh test

deps-demo:
	@scripts/deps.sh demo

web: web/dist/index.html ## build the web page

web/node_modules/.stamp: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.stamp $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

onnx: ## build and test dashpot-onnx, which plays ONNX files (--abr onnx:FILE), beside every dashpot that is built
	$(CARGO) test --locked --manifest-path onnx/Cargo.toml --target-dir target/onnx --release
	$(CARGO) build --locked --manifest-path onnx/Cargo.toml --target-dir target/onnx --release
	@for profile in debug demo release; do mkdir -p target/$$profile && cp target/onnx/release/dashpot-onnx target/$$profile/; done
	@echo "target/onnx/release/dashpot-onnx is built, and copied beside dashpot"

bench-abr: ## how many ABR sessions a second one core runs (MOVIE=film.json in Sabre's form for your own film, SABRE_PY=sabre.py to compare)
	$(CARGO) run --locked --release -p dashpot-sim --example bench_abr -- $(or $(MOVIE),-) $(SABRE_PY)

paper-mmsys18: ## compare our sessions with those of the paper on DYNAMIC and with Sabre (SABRE=DIR, its example/mmsys18)
	$(CARGO) run --locked --release -p dashpot-sim --example paper_mmsys18 -- $(SABRE)

bench-balance: ## compare the balancer of connections with HAProxy (needs haproxy, nginx, wrk)
	scripts/bench-balance.sh

bench-edge: ## compare the edge with nginx proxy_cache and Varnish in one run (needs nginx, varnish, wrk)
	scripts/bench-edge.sh

bench-live: deps web ## the latency that dash.js holds live through the edge, and its stalls (needs Chromium)
	$(CARGO) build --locked --release --bin dashpot
	DASHPOT_BIN=$(CURDIR)/target/release/dashpot scripts/bench-live.mjs

bench-origin: ## compare the origin's live segments with nginx on static files (needs nginx, wrk)
	scripts/bench-origin.sh
	$(CARGO) bench --locked -p dashpot-packager --bench live -- --verbose --noplot | grep -E '^film|^ *time:|^median'

bench-dns: ## compare the name server with knot and nsd on the same zones (needs them and dnsperf)
	scripts/bench-dns.sh

bench-route: ## how long one choice of a server or a site takes, and how even and how steady the choices are
	$(CARGO) bench --locked -p dashpot-route --bench choose -- --noplot --quiet
	$(CARGO) test --locked -p dashpot-route --lib -- --nocapture tables | grep '^|'

bench-connections: ## how many connections one edge holds, and the memory of each (needs Linux)
	scripts/bench-connections.sh

soak: ## load one edge with everything at once for ten minutes and compare each byte (needs Node.js, Linux)
	$(CARGO) build --locked --release --bin dashpot
	scripts/soak.mjs

audit: ## check licences, bans and sources with cargo-deny
	@command -v cargo-deny >/dev/null 2>&1 || { echo "first: cargo install --locked cargo-deny"; exit 1; }
	$(CARGO) deny check bans licenses sources

clean: ## remove what was built
	$(CARGO) clean
	rm -rf web/dist web/node_modules
