# make run      set up, build and start the gateway
# make test     everything that CI runs, on a fresh machine too
# make build    the gateway, with the browser client, into .build/
# make packages the gateway as a service, for all boards: .deb, .ipk and .tar.gz in .build/packages/
# The other targets are the steps of make test; each works alone.

GO         ?= go
NPM        ?= npm
NODE       ?= node
PYTHON     ?= /usr/bin/python3
ARGS       ?=
FUZZTIME   ?= 30s
LINTER      = v2.15.0
VERSION     = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The gateway is built with a profile (default.pgo); tests need not wait for that.
GOTEST = $(GO) test -pgo=off

STEPS = deps bundle lint unit unit-386 cross race kqueue network handover stock siege rest

# Steps that mostly wait, two at a time: stock clients in Node.js and in Chromium, the simulation beside the bad input, and
# the processors of the boards beside a soak and the packages.
NODE_CLIENTS     = interop interop-tls clients python conformance
CHROMIUM_CLIENTS = browser browser-admin browser-v06
ON_QEMU          = test-boards-short blackbox-mips

# What more than one goroutine runs in, and what differs between machines.
THREADS = ./poll/... ./webapp ./webapp/httpbridge/... ./webapp/middleware/... ./sio ./sio/handover ./sio/metrics ./boards/gateway
CORE    = ./poll/... ./webapp/... ./eio/... ./sio ./sio/msgpack ./sio/handover ./eos/... ./boards ./boards/gateway

DIST    = sio/dist
MAPS    = sio/sourcemaps
CLIENT  = sio/bundle/node_modules/socket.io-client
INTEROP = sio/interop
PEERS   = bench/peers
V06     = eio/v06/browser
JWT     = webapp/middleware/jwt
NPM_CI  = $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null

.PHONY: run build test deps bundle lint vet unit unit-386 cross race fuzz interop interop-tls clients python browser browser-v06 \
        conformance sim soak soak-short network stalled browser-admin reference bench bench-peers pgo clean programs
.DEFAULT_GOAL = build

# What a user needs.

run: build
	.build/gateway $(ARGS)

build: bundle
	@echo "building the gateway"
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -X main.version=$(VERSION)" -o .build/gateway ./boards/gateway

# The browser client comes from npm, pinned by the hashes of package-lock.json, and is embedded into package sio.
bundle: $(DIST)/VERSION

$(DIST)/VERSION: sio/bundle/package-lock.json sio/bundled.go
	@command -v $(NPM) >/dev/null || bash .ci/deps npm
	@echo "bringing the browser client"
	@cd sio/bundle && $(NPM_CI)
	@rm -f $(DIST)/*.js $(DIST)/*.map
	@for f in socket.io.js socket.io.min.js socket.io.esm.min.js socket.io.msgpack.min.js; do \
	   gzip -9nc $(CLIENT)/dist/$$f > $(DIST)/$$f.gz && gzip -9nc $(CLIENT)/dist/$$f.map > $(MAPS)/$$f.map.gz || exit 1; done
	@$(NODE) -p 'require("./$(CLIENT)/package.json").version' > $@
	@echo "browser client $$(cat $@) is in $(DIST)"

clean:
	rm -rf .build .tools .artifacts sio/bundle/node_modules $(INTEROP)/node_modules $(PEERS)/*/node_modules \
	  $(V06)/node_modules
	rm -f $(PEERS)/googollee/googollee $(PEERS)/gorilla/gorilla
	find $(DIST) $(MAPS) -type f ! -name .gitignore -delete

# What CI runs.

.PHONY: lane beside stock siege rest
test:
	@began=$$(date +%s); $(MAKE) --no-print-directory lane || exit 1; echo "all steps took $$(($$(date +%s) - began)) s"; \
	 echo "steps: $(words $(STEPS)) passed, 0 failed"

lane:
	@for step in $(STEPS); do \
	   start=$$(date +%s); echo "== $$step"; \
	   $(MAKE) --no-print-directory $$step || { echo "== $$step failed"; exit 1; }; \
	   echo "== $$step took $$(($$(date +%s) - start)) s"; done

# STEPS, and the step OTHER beside them; what that one said comes behind.
beside:
	@mkdir -p .build; log=$$(mktemp .build/beside.XXXXXX); nice -n 5 $(MAKE) --no-print-directory lane STEPS="$(OTHER)" >$$log 2>&1 & \
	   other=$$!; $(MAKE) --no-print-directory lane; one=$$?; wait $$other; two=$$?; tail -n 60 $$log; rm -f $$log; \
	   [ $$one = 0 ] && [ $$two = 0 ]

stock: programs
	@$(MAKE) --no-print-directory beside STEPS="$(NODE_CLIENTS)" OTHER="$(CHROMIUM_CLIENTS)"

siege:
	@$(MAKE) --no-print-directory beside STEPS=blackbox OTHER=sim

rest:
	@$(MAKE) --no-print-directory beside STEPS="$(ON_QEMU)" OTHER="soak-short test-packages"

# Debian packages that are missing: Chromium, the Python client, and what a bare machine lacks.
deps:
	@bash .ci/deps chromium python npm cc valgrind curl wrk ab openssl ip qemu

vet:
	$(GO) vet ./...

lint: .tools/golangci-lint-$(LINTER)
	.tools/golangci-lint-$(LINTER) run

.tools/golangci-lint-$(LINTER):
	@echo "building golangci-lint $(LINTER), which takes a minute or two"
	@GOBIN=$(CURDIR)/.tools GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER)
	@mv .tools/golangci-lint $@

unit:
	$(GOTEST) ./...
	cd $(JWT) && $(GO) vet ./... && $(GOTEST) ./...

unit-386:
	GOARCH=386 $(GOTEST) -short $(CORE)

# Package poll, which is what differs, compiles for the systems that this machine is not, tests included. cross-all takes
# all packages for Darwin, and all processors: minutes, since each has a standard library of its own to be compiled.
.PHONY: cross-all
cross:
	@for system in darwin/arm64 freebsd/amd64 netbsd/amd64 openbsd/amd64 dragonfly/amd64; do echo "vet for $$system"; \
	   GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet ./poll || exit 1; done

cross-all: cross
	@echo "vet for darwin/arm64, all packages"; GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	@for system in darwin/amd64 freebsd/arm64 freebsd/arm netbsd/arm64 netbsd/arm openbsd/arm64 openbsd/arm; do \
	   echo "build for $$system"; GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) build ./poll/... || exit 1; done

race:
	CGO_ENABLED=1 $(GOTEST) -race -short $(THREADS)

# All fuzz targets for FUZZTIME each, two at a time. Not a step of make test, which runs their seeds: what chance finds
# is a bug to be fixed, not a reason that somebody else's change fails.
# .ci/fuzz-ledger has the seconds and executions of each target so far: those with the least come first, so that hours
# add up over many runs; commit it with what was found. bash .ci/fuzz 60s ./sio runs one package.
fuzz:
	@GO="$(GO)" bash .ci/fuzz $(FUZZTIME)

# Stock clients 4.8, 3.1, 2.5 and 1.7 against our server.
interop: programs
	@$(NODE) $(INTEROP)/run.mjs .build/interop
	@$(NODE) $(INTEROP)/channels.mjs .build/channels

# Five hundred stock clients, and a server that is replaced under load twice and then drained. It takes 40 s.
.PHONY: handover
handover: build $(INTEROP)/node_modules/.package-lock.json
	@$(GO) build -o .build/handover ./$(INTEROP)/handover
	@$(NODE) $(INTEROP)/handover.mjs .build/handover

# curl, wrk and ab against webapp, and a gigabyte through a server that does not grow.
clients:
	@$(GO) build -pgo=off -o .build/clients ./webapp/clients/server
	@$(GOTEST) -count=1 ./webapp/clients -args -server $(CURDIR)/.build/clients

# The same suites against the reference server, which says whether the suite or our server is wrong.
reference: $(INTEROP)/node_modules/.package-lock.json
	@$(NODE) $(INTEROP)/run.mjs $(NODE) $(INTEROP)/reference.mjs
	@$(PYTHON) $(INTEROP)/python/client.py $(NODE) $(INTEROP)/reference.mjs
	@$(NODE) $(INTEROP)/browser/generations.mjs $(NODE) $(INTEROP)/reference.mjs
	@$(NODE) $(INTEROP)/browser/chat.mjs $(NODE) $(INTEROP)/browser/twin.mjs

# Sessions of every kind through a gateway with 32 MB: SESSIONS=20000 takes seconds.
SESSIONS ?= 200000
soak: build
	@$(GO) build -o .build/soak ./bench/soak
	@.build/soak -gateway .build/gateway -sessions $(SESSIONS)

soak-short:
	@$(MAKE) --no-print-directory soak SESSIONS=20000

# Clients that are stopped, killed, reset and unplugged, in network namespaces: root only.
network: programs
	@$(NODE) $(INTEROP)/network.mjs .build/interop

python: programs
	@$(PYTHON) $(INTEROP)/python/client.py .build/interop

# Screenshots stay in .artifacts/.
browser: programs
	@$(NODE) $(INTEROP)/browser/chat.mjs .build/gateway
	@$(NODE) $(INTEROP)/browser/device.mjs .build/gateway
	@$(NODE) $(INTEROP)/browser/generations.mjs .build/interop
	@$(NODE) $(INTEROP)/channels.mjs --browser .build/channels

# The admin UI: its protocol against the reference's, and its page in Chromium on the gateway.
browser-admin: programs
	@$(GO) build -pgo=off -o .build/admin ./$(INTEROP)/admin/server
	@$(NODE) $(INTEROP)/admin/protocol.mjs .build/admin
	@$(NODE) $(INTEROP)/browser/admin.mjs .build/gateway

# TLS with openssl, curl, Node and Chromium.
interop-tls: bundle $(INTEROP)/node_modules/.package-lock.json
	@$(GO) build -o .build/tls ./$(INTEROP)/tls/server
	@$(NODE) $(INTEROP)/tls/run.mjs .build/tls

# The client of 2010 in Chromium, on package eio/v06.
browser-v06: $(INTEROP)/node_modules/.package-lock.json $(V06)/node_modules/.package-lock.json
	@$(GO) build -o .build/v06 ./$(V06)/server
	@$(NODE) $(V06)/client06.mjs .build/v06 -client $(V06)/node_modules/socket.io/support/socket.io-client

# Bad input against the gateway's binary. What it says is kept in boards/blackbox/VERDICTS.md; ARGS=-update writes it.
# Emulated are ARMv6 and big-endian MIPS, as in test-boards-short, which has compiled the same packages.
BLACKBOX = $(GOTEST) -count=1 -timeout 20m ./boards/blackbox
.PHONY: blackbox blackbox-emulated blackbox-arm blackbox-mips
blackbox:
	@command -v openssl >/dev/null || bash .ci/deps openssl
	@CGO_ENABLED=0 $(GO) build -pgo=off -o .build/blackbox/gateway ./boards/gateway
	@CGO_ENABLED=0 $(GO) build -pgo=off -tags hazard -o .build/blackbox/hazard ./boards/gateway
	@$(BLACKBOX) -parallel 8 -args -server $(CURDIR)/.build/blackbox/gateway -hazard $(CURDIR)/.build/blackbox/hazard $(ARGS)

blackbox-emulated: blackbox-arm blackbox-mips

blackbox-arm: BOARD = GOARM=6
blackbox-arm: EMULATOR = qemu-arm-static -cpu arm1176
blackbox-mips: BOARD = GOMIPS=softfloat
blackbox-mips: EMULATOR = qemu-mips-static -cpu 24Kc
blackbox-arm blackbox-mips: blackbox-%:
	@bash .ci/deps qemu
	@echo "bad input on $*"
	@for tags in gateway hazard; do env CGO_ENABLED=0 GOARCH=$* $(BOARD) \
	   $(GO) build -pgo=off -tags $$tags -o .build/blackbox/$*/$$tags ./boards/gateway || exit 1; done
	@$(BLACKBOX) -parallel 4 -args -server $(CURDIR)/.build/blackbox/$*/gateway -hazard $(CURDIR)/.build/blackbox/$*/hazard \
	   -target $* -emulator "$(EMULATOR)" $(ARGS)

# Recorded conversations of the reference, where they stand beside the project.
conformance:
	@GO="$(GO)" NODE="$(NODE)" bash .ci/conformance

programs: build $(INTEROP)/node_modules/.package-lock.json
	@$(GO) build -o .build/interop ./$(INTEROP)/server
	@$(GO) build -o .build/channels ./$(INTEROP)/channels

$(INTEROP)/node_modules/.package-lock.json: $(INTEROP)/package-lock.json
	@echo "bringing the stock clients"
	@cd $(INTEROP) && $(NPM_CI)
	@touch $@

# The whole stack on the kernel in memory, as many seeds at a time as there are processors: make sim SEEDS=10000
# FIRST=1. Package sio/sim tells what a seed is, sio/sim/RUNS.md which ones were run and what they found.
SEEDS ?= 10000
FIRST ?= 1
sim:
	$(GOTEST) ./sio/sim -run TestSimulation -timeout 0 -v -sim.seeds $(SEEDS) -sim.first $(FIRST)

# How fast, and how large. bench is one static binary that runs on a board too; bench-peers compares with what people
# use today, takes most of an hour and wants a quiet machine.

.build/bench: FORCE
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags=-s -pgo=boards/gateway/default.pgo -o $@ ./bench
FORCE:

bench: .build/bench
	.build/bench run $(ARGS)

bench-peers: .build/bench
	@for p in googollee gorilla; do (cd $(PEERS)/$$p && CGO_ENABLED=0 $(GO) build -trimpath -o $$p .) || exit 1; done
	@cd $(PEERS)/node-ws && $(NPM_CI)
	-@cd $(PEERS)/node-eiows && $(NPM) ci --no-audit --no-fund --loglevel=error >/dev/null
	.build/bench peers $(ARGS)

# The profile that the compiler optimises the gateway with, from the scenarios of the bench.
pgo:
	@CGO_ENABLED=0 $(GO) build -trimpath -pgo=off -o .build/bench-plain ./bench
	@bash bench/pgo.sh .build/bench-plain boards/gateway/default.pgo

$(V06)/node_modules/.package-lock.json: $(V06)/package-lock.json
	@echo "bringing the client of 2010"
	@cd $(V06) && $(NPM_CI)
	@touch $@

# What clients cost that do not read, with a cap of output and with the gateway's socket buffers and the system's, and
# whether 200 of them delay the others: p99 within twice that of the same minute without them. 40 seconds.
stalled: .build/bench
	.build/bench stalled

# The kernel of the BSDs and Darwin, run on Linux: poll/kqueue_double.go stands for their kqueue. With the user event and
# the sockets of FreeBSD, and with those of NetBSD, OpenBSD and Darwin.
.PHONY: kqueue
kqueue:
	@$(GO) vet -tags kqueuedouble ./poll
	@$(GOTEST) -count=1 -short -tags kqueuedouble ./poll/... ./webapp ./eio ./sio
	@$(GOTEST) -count=1 -short -tags kqueuedouble,kqueuepipe ./poll ./poll/handover

# Instructions of a message on the small boards' processors, counted by a plugin of qemu's. ARGS=-update records them and
# writes the table into bench/cost/COST.md and boards/README.md.
.PHONY: cost
cost:
	@bash .ci/deps cc qemu-plugin
	@$(GOTEST) -count=1 -timeout 30m ./bench/cost -args -measure $(ARGS)
# The boards' CPUs, by qemu-user: all tests, stock clients against the gateway, its memory, and a build for a better CPU
# that must fail. make test-boards ARGS="ath79 octeon" has these profiles only, ARGS="-jobs memory" that job.
# The short one is for every change: ARMv6 and big-endian MIPS without the long tests, which it lists.
.PHONY: test-boards test-boards-short emulators
EMULATED = $(GO) run ./boards/emulated -go "$(GO)" -node "$(NODE)"
emulators: bundle $(INTEROP)/node_modules/.package-lock.json
	@bash .ci/deps npm openssl qemu

test-boards: emulators
	@$(EMULATED) $(ARGS)

test-boards-short: emulators
	@$(EMULATED) -short rpi-zero ath79

# The gateway for boards, into .build/boards/NAME/gateway: make boards, or one of them, make board-rpi-zero. make
# board-list prints the names. Cold, the first takes a minute on two cores and all of them seven; boards that were built
# before take seconds. boards/build tells how, and what each program is checked for. make board-ramips-notls, and any
# other NAME-notls, is the program without TLS, for a box behind a proxy that speaks it.
#
# Beside a program make sbom puts what is in it, make sizes holds all to the ceilings of boards/sizes.txt (ARGS=-update
# notes the sizes there), and make boards-reproducible builds everything again from a copy in another folder, with an
# empty cache, and compares the bytes: BOARDS="rpi-zero ath79" for some of them, each takes a minute.
BOARDS ?= all
BUILD   = $(GO) run -pgo=off ./boards/build

.PHONY: boards board-list sbom sizes boards-reproducible
boards: bundle
	@$(BUILD) $(ARGS) $(BOARDS)

board-list:
	@$(BUILD) -list

board-%: bundle
	@$(BUILD) $(ARGS) $*

sbom: bundle sio/bundle/node_modules/.package-lock.json
	@$(BUILD) -sbom $(ARGS) $(BOARDS)

sizes: bundle
	@$(BUILD) -sizes $(ARGS) $(BOARDS) $(if $(filter all,$(BOARDS)),ramips-notls)

boards-reproducible: bundle
	@$(BUILD) -check $(ARGS) $(BOARDS)

# What the browser client was made of, which make sbom compares with the versions in package-lock.json.
sio/bundle/node_modules/.package-lock.json: sio/bundle/package-lock.json
	@cd sio/bundle && $(NPM_CI)
	@touch $@
# Small boards: the gateway of a 32-bit machine holds at most 8 MB at start and 16 MB with 1,000 idle clients.

.PHONY: resident

resident:
	@$(GO) test -count=1 -run Resident -v ./boards/compile
# Packages: what boards/build made, as .deb, .ipk and .tar.gz into .build/packages, see boards/packages.
NFPM         = v2.45.2
NFPM_PROGRAM = .tools/nfpm-$(NFPM)
.PHONY: packages test-packages

$(NFPM_PROGRAM):
	@echo "building nfpm $(NFPM)"
	@GOBIN=$(CURDIR)/.tools/tmp $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM)
	@mv .tools/tmp/nfpm $@ && rmdir .tools/tmp

# All boards, or one: make packages-rpi-zero.
packages: packages-all
packages-%: bundle $(NFPM_PROGRAM) sio/bundle/node_modules/.package-lock.json
	@$(GO) run ./boards/build -sbom -out .build/boards $*
	@$(GO) run ./boards/packages -nfpm $(NFPM_PROGRAM) $*

# As root: installs, upgrades and removes the package of this machine under an overlay with a systemd of its own.
test-packages: packages-x86-64
	@bash .ci/deps packages
	@$(GOTEST) -count=1 ./boards/packages
	@$(GOTEST) -count=1 -timeout 20m ./boards/packages/installed -args -packages $(CURDIR)/.build/packages \
	  -binaries $(CURDIR)/.build/boards
# Whole boards with 64 MB under qemu-system: Debian's kernels for ARM and MIPS (110 MB to fetch once), a read-only root,
# and the gateway below an init that watches it; see boards/machine. CONSOLE=1 shows what the boards print. The soak has
# 500 clients for MINUTES.
.PHONY: test-machines machine-soak machine
test-machines: machine
	@$(NODE) boards/machine/check.mjs .build/machine/machine arm mips

MINUTES ?= 10
machine-soak: machine
	@MINUTES=$(MINUTES) $(NODE) boards/machine/soak.mjs .build/machine/machine arm

machine: bundle $(INTEROP)/node_modules/.package-lock.json
	@bash .ci/deps npm qemu-system
	@$(GO) build -o .build/machine/machine ./boards/machine
	@for board in arm mips; do echo "building the $$board board"; .build/machine/machine -build $$board || exit 1; done
