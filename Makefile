# Two commands do everything on a fresh machine with Swift 6.3: `make demo` and `make test`.
# The release command links Swift's libraries statically: one file to copy, and a quicker start. From
# start to printed gradient of the demo 12.0 ms against 16.1 ms, --version 3.2 against 6.0 (best of
# 100, two cores of a Zen server).
# Exclusive access to the fields of classes is not checked at run time: the tests check it, and the
# checks are 3 % of the way from text to code. (-cross-module-optimization changes nothing.)

SWIFT ?= swift
BUILD ?= .build
RELEASE_FLAGS = -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked \
  --scratch-path $(BUILD)
COMMAND = $(BUILD)/release/jit-grad
PACKAGES = libtcc-dev libopenblas-dev libsleef3 zlib1g-dev
DATA = examples/data

.PHONY: all setup build demo test examples docs lint format-lint import-check bench check-all clean

all: build

# Installs the Debian packages that are missing; says so where that is not possible.
setup:
	@missing=$$(for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || \
	      echo $$package; done | tr '\n' ' '); \
	[ -z "$$missing" ] && exit 0; \
	if ! command -v apt-get >/dev/null; then \
	  echo "jit-grad needs $${missing}and there is no apt-get here: install them by hand" >&2; \
	  exit 1; \
	fi; \
	if [ "$$(id -u)" = 0 ]; then root=; \
	elif command -v sudo >/dev/null; then root=sudo; \
	else \
	  echo "jit-grad needs root once, for: apt-get install" $$missing >&2; \
	  exit 1; \
	fi; \
	echo "installing" $$missing; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$root apt-get install -y --no-install-recommends $$missing || \
	  { $$root apt-get update && $$root apt-get install -y --no-install-recommends $$missing; } || \
	  { echo "apt-get could not install" $$missing "(see above)" >&2; exit 1; }

build: setup
	$(SWIFT) build $(RELEASE_FLAGS) --product jit-grad

# The main job: value and gradient of a loss on real data, printed and written as .npz.
demo: build
	@mkdir -p $(BUILD)/demo
	$(COMMAND) run examples/logistic.jg --grad --wrt w,b --timings \
	  -i w=random:normal:1 -i b=0 -i lambda=0.01 \
	  -i X=$(DATA)/breast_cancer_features.npy -i y=$(DATA)/breast_cancer_labels.npy \
	  -o $(BUILD)/demo/logistic.npz
	@echo "written: $(BUILD)/demo/logistic.npz"

# Kernels of the second tier are kept beside the build, not in the user's cache.
test: export JITGRAD_CACHE = $(abspath $(BUILD))/kernels
test: setup
	$(SWIFT) test --scratch-path $(BUILD)

# Programs that use the library from packages of their own; each checks what it computes.
examples: setup
	$(SWIFT) run --package-path examples/library --scratch-path $(BUILD)/examples -c release examples

# The library's DocC pages, with a link that leads nowhere or an undescribed parameter as an error.
docs: setup
	$(SWIFT) build --scratch-path $(BUILD)
	@rm -rf $(BUILD)/symbols && mkdir -p $(BUILD)/symbols
	swift-symbolgraph-extract -module-name JitGrad -target $(shell uname -m)-unknown-linux-gnu \
	  -I $(BUILD)/debug/Modules -I runtime/include \
	  -Xcc -fmodule-map-file=Sources/CTCC/module.modulemap \
	  -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap \
	  -minimum-access-level public -skip-synthesized-members \
	  -experimental-allowed-reexported-modules=Graph,Autodiff,JIT -output-dir $(BUILD)/symbols
	docc convert Sources/JitGrad/JitGrad.docc --additional-symbol-graph-dir $(BUILD)/symbols \
	  --fallback-display-name JitGrad --fallback-bundle-identifier JitGrad --warnings-as-errors \
	  --output-path $(BUILD)/JitGrad.doccarchive
	@echo "written: $(BUILD)/JitGrad.doccarchive"

lint: format-lint import-check

format-lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests benchmarks

# Modules import only what they declare.
import-check: setup
	$(SWIFT) build --scratch-path $(BUILD) --explicit-target-dependency-import-check error

bench: build
	$(SWIFT) build $(RELEASE_FLAGS) --product benchmarks
	$(BUILD)/release/benchmarks
	$(COMMAND) bench examples/logistic.jg --wrt w,b \
	  -i w=random:normal:1 -i b=0 -i lambda=0.01 \
	  -i X=$(DATA)/breast_cancer_features.npy -i y=$(DATA)/breast_cancer_labels.npy
	$(COMMAND) bench examples/digits.jg --of loss --wrt W1,b1,W2,b2 --bind h=32 --bind k=10 \
	  -i pixels=$(DATA)/digits_pixels.npy -i labels=$(DATA)/digits_labels.npy
	$(COMMAND) bench examples/rosenbrock.jg --bind n=1000

check-all: lint test docs demo examples
	for file in examples/*.jg; do $(COMMAND) check $$file && $(COMMAND) verify --all $$file || exit 1; done
	$(COMMAND) fmt --check examples/*.jg
	$(COMMAND) doctor

clean:
	rm -rf $(BUILD)
