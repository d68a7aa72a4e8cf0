# The only build file of vgpusim; `make help` lists what it can do.
#
#   make                       build/vgpusim, optimised, asserts on
#   make test CC=clang         build and run every test with clang
#   make test CFG=debug SAN=address,undefined

VERSION := 0.1.0
PREFIX  ?= /usr/local
CFG     ?= release
SAN     ?=
V       ?=
Q       := $(if $(V),,@)
say      = $(if $(V),:,echo "  $(1)")

ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif

MAKEFLAGS += --no-builtin-rules --no-print-directory
# Use every core unless told otherwise: `make -j1`.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# One build folder per compiler, configuration and sanitizer: changing any of them never
# mixes objects, and going back is free.
comma := ,
BUILD := build/$(notdir $(lastword $(CC)))-$(CFG)$(if $(SAN),-$(subst $(comma),-,$(SAN)))

# ---------------------------------------------------------------- compiler and libraries

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wundef -Wwrite-strings -Wpointer-arith \
        -Wold-style-definition -Werror
ifneq ($(findstring clang,$(CC)),)
# The first, gcc does not have; the second dislikes the text in assert(!"cannot be").
WARN += -Wmissing-variable-declarations -Wno-string-conversion
endif

CFG_release := -O2 -g
CFG_debug   := -O0 -g
ifeq ($(CFG_$(CFG)),)
$(error CFG is '$(CFG)'; it must be release or debug)
endif

# Sanitized code at -O0 is needlessly slow, hence the -O1; what they find ends the program.
SAN_FLAGS := $(if $(SAN),-O1 -fno-omit-frame-pointer -fsanitize=$(SAN) \
               -fno-sanitize-recover=all)

# The same source gives the same bytes: no contraction, and no folder of ours in the binary.
SIM_CFLAGS := -std=c11 $(CFG_$(CFG)) $(SAN_FLAGS) -ffp-contract=off -pthread \
              -ffile-prefix-map=$(CURDIR)=. $(WARN)

PACKAGES := yaml-0.1 gsl jansson sqlite3 lua5.4
SIM_CPPFLAGS := -D_POSIX_C_SOURCE=200809L -Isim \
    $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
SIM_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm -lpthread
MISSING  := $(shell pkg-config --exists $(PACKAGES) 2>/dev/null || echo yes)
TEST_LIBS := -lcmocka

ALL_FLAGS = $(SIM_CPPFLAGS) $(CPPFLAGS) $(SIM_CFLAGS) $(CFLAGS)
LINK      = $(CC) $(SIM_CFLAGS) $(CFLAGS) $(LDFLAGS)

# ------------------------------------------------------------------------------- sources

find_in = $(if $(wildcard $(1)),$(sort $(shell find $(wildcard $(1)) -type f -name '$(2)')))

SIM_SRC   := $(call find_in,sim,*.c)
LIB_SRC   := $(filter-out sim/cli/main.c,$(SIM_SRC))
TEST_SRC  := $(sort $(wildcard tests/unit/*.c tests/policy/*.c tests/property/*.c \
                               tests/theory/*.c))
HELP_SRC  := $(call find_in,tests/support,*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
HEADERS   := $(call find_in,sim,*.h) $(call find_in,tests/support,*.h)
C_FILES   := $(SIM_SRC) $(HEADERS) $(call find_in,tests,*.c)
EMBEDDED  := $(call find_in,sim/catalogue/data,*.csv) \
             $(call find_in,sim/catalogue/data,*.yaml) $(call find_in,plots,*.gp) \
             $(call find_in,sim/policy,*.lua) $(call find_in,sim/cli/templates,*)
EMBEDDED  := $(sort $(EMBEDDED))

PUBLIC      := $(if $(wildcard sim/policy/policy.h),$(BUILD)/include/vgpusim/policy.h)
PUBLIC_FROM := base/units.h base/err.h base/field.h engine/rng.h model/vm.h policy/policy.h

obj        = $(1:%.c=$(BUILD)/%.o)
LIB_OBJ   := $(call obj,$(LIB_SRC)) $(BUILD)/embedded.o $(BUILD)/embedded_table.o
TESTS     := $(TEST_SRC:%.c=$(BUILD)/%)
BENCHES   := $(BENCH_SRC:%.c=$(BUILD)/%)
FUZZERS   := $(FUZZ_SRC:%.c=$(BUILD)/%)
SCRIPTS   := $(sort $(wildcard tests/*/run*.sh))
SCRIPTS   := $(filter-out tests/bench/% tests/ci/%,$(SCRIPTS))

# The saved inputs of a fuzz target: for fuzz_scenario, tests/fuzz/corpus/scenario and the good
# and bad files of tests/scenario.
corpus     = $(wildcard $(patsubst fuzz_%,tests/fuzz/corpus/%,$(notdir $(1))) \
                        $(patsubst fuzz_%,tests/%/good,$(notdir $(1))) \
                        $(patsubst fuzz_%,tests/%/bad,$(notdir $(1))))

# ------------------------------------------------------------------------------ building

all: $(BUILD)/vgpusim $(PUBLIC) ## Build build/vgpusim (the default)
	$(Q)ln -sfn $(BUILD:build/%=%)/vgpusim build/vgpusim
	$(Q)ln -sfn $(BUILD:build/%=%)/include build/include

# What policies outside of the program are made against.
$(PUBLIC): .ci/public-header.sh $(PUBLIC_FROM:%=sim/%)
	$(Q)mkdir -p $(@D)
	$(Q)sh $< >$@

# Files that hold a list; rewritten, and so newer, only when the list changes.
define write_if_changed
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@
endef

$(BUILD)/flags: FORCE
	@$(if $(MISSING),echo "libraries are missing: run 'make deps'" >&2; exit 1)
	$(call write_if_changed,$(CC) $(ALL_FLAGS) $(LDFLAGS) $(SIM_LIBS) $(VERSION))
$(BUILD)/objects: FORCE
	$(call write_if_changed,$(LIB_OBJ))
$(BUILD)/embedded.list: FORCE
	$(call write_if_changed,$(EMBEDDED))
FORCE:

# The version reaches one file only, so that no other bytes depend on it.
$(BUILD)/%.o: %.c $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	@$(call say,CC    $<)
	$(Q)$(CC) $(ALL_FLAGS) $(if $(filter tests/%,$<),-Itests) \
	    $(if $(filter sim/cli/version.c sim/cli/main.c,$<),-DVGPUSIM_VERSION='"$(VERSION)"') \
	    -MMD -MP -c -o $@ $<

$(BUILD)/embedded.S $(BUILD)/embedded_table.c &: .ci/embed.sh $(BUILD)/embedded.list $(EMBEDDED)
	$(Q)sh .ci/embed.sh $(BUILD) $(EMBEDDED)
$(BUILD)/embedded.o: $(BUILD)/embedded.S $(EMBEDDED) $(BUILD)/flags
	@$(call say,EMBED $(words $(EMBEDDED)) files)
	$(Q)$(CC) $(SIM_CFLAGS) -c -o $@ $<
$(BUILD)/embedded_table.o: $(BUILD)/embedded_table.c $(BUILD)/flags
	$(Q)$(CC) $(ALL_FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libvgpusim.a: $(LIB_OBJ) $(BUILD)/objects
	@$(call say,AR    $@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJ)
$(BUILD)/libsupport.a: $(call obj,$(HELP_SRC))
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

# A policy in a shared object calls back into the program, hence -rdynamic.
$(BUILD)/vgpusim: $(BUILD)/sim/cli/main.o $(BUILD)/libvgpusim.a
	@$(call say,LD    $@)
	$(Q)$(LINK) -rdynamic -o $@ $^ $(SIM_LIBS)

$(TESTS): %: %.o $(BUILD)/libsupport.a $(BUILD)/libvgpusim.a
	@$(call say,LD    $@)
	$(Q)$(LINK) -rdynamic -o $@ $^ $(TEST_LIBS) $(SIM_LIBS)
# Policies as users build them: with nothing of ours but the header that installs.
LIBRARIES := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/policy/library/*.c))
$(LIBRARIES): $(BUILD)/%.so: %.c $(PUBLIC) $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(WARN) -I$(BUILD)/include -shared -fPIC -o $@ $<
$(BENCHES): %: %.o $(BUILD)/libvgpusim.a
	@$(call say,LD    $@)
	$(Q)$(LINK) -o $@ $^ $(SIM_LIBS)

$(FUZZERS): %: %.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libvgpusim.a
	@$(call say,LD    $@)
	$(Q)$(LINK) -o $@ $^ $(SIM_LIBS)

# ------------------------------------------------------------------------------- testing

TEST_LOGS := $(TESTS:=.log) $(SCRIPTS:%=$(BUILD)/%.log) $(FUZZERS:=.log)
# `make test ONLY=fair` builds and runs those tests only that have the word in their name.
ONLY      ?=
ifneq ($(ONLY),)
TEST_LOGS := $(foreach log,$(TEST_LOGS),$(if $(findstring $(ONLY),$(log:$(BUILD)/%=%)),$(log)))
endif
RUN_TEST  := VGPUSIM=$(BUILD)/vgpusim BUILD=$(BUILD) sh .ci/run-test.sh

test: $(BUILD)/vgpusim $(TEST_LOGS) ## Build and run the tests (with CC=, CFG=, SAN=)
	@sh .ci/sum-tests.sh $(notdir $(BUILD)) $(TEST_LOGS)

$(TESTS:=.log): %.log: % $(BUILD)/vgpusim $(LIBRARIES) FORCE
	@$(call say,TEST  $(<:$(BUILD)/%=%))
	$(Q)$(RUN_TEST) $@ $<
$(SCRIPTS:%=$(BUILD)/%.log): $(BUILD)/%.log: % $(BUILD)/vgpusim $(BUILD)/libsupport.a $(PUBLIC) FORCE
	@$(call say,TEST  $<)
	$(Q)$(RUN_TEST) $@ sh $<
# Without a fuzzing engine, a fuzz target is tried on what was found before.
$(FUZZERS:=.log): %.log: % FORCE
	@$(call say,TEST  $(<:$(BUILD)/%=%))
	$(Q)$(RUN_TEST) $@ $< $(call corpus,$<)

check: ## Install what is missing, then do every check there is
	$(Q)sh .ci/deps.sh check
	+$(Q)MAKE='$(MAKE)' sh .ci/check.sh all

fast: ## The part of check that a commit waits for
	+$(Q)MAKE='$(MAKE)' sh .ci/check.sh fast

hooks: ## Let git run `make fast` before each commit
	$(Q)install -D -m 755 .ci/pre-commit "$$(git rev-parse --git-path hooks)/pre-commit"

golden-update: all ## Write the expected results anew; then read the diff
	$(Q)mkdir -p $(BUILD)/golden
	$(Q)for script in $$(grep -ls UPDATE /dev/null $(SCRIPTS)); do \
	    echo "  UPDATE $$script"; \
	    VGPUSIM=$(BUILD)/vgpusim TEST_TMPDIR=$(CURDIR)/$(BUILD)/golden UPDATE=1 \
	        sh $$script || exit 1; done
	$(Q)git status --short tests || true

# ------------------------------------------------------------------------- single checks

check-headers: $(HEADERS:%=$(BUILD)/%.ok) ## Compile each header on its own, and twice
$(BUILD)/%.h.ok: %.h $(HEADERS) $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	$(Q)printf '#include "%s"\n' $(abspath $<) $(abspath $<) | \
	    $(CC) $(ALL_FLAGS) -Itests -Wno-pedantic -fsyntax-only -x c -
	$(Q)touch $@

check-layers: ## Check that includes point down the line of folders
	$(Q)sh .ci/check-layers.sh

check-tidy: ## Check sizes, banned words and what must be there
	$(Q)sh .ci/check-tidy.sh

check-format: ## Check that clang-format would change nothing
	$(Q)clang-format --dry-run $(C_FILES) 2>&1 | awk -F: '/warning/ && !seen[$$1]++ { \
	    print $$1 ":" $$2 ": error: not as clang-format has it; run make format"; bad = 1 } \
	    END { exit bad }'

# clang-tidy looks at a file again only when it, a header or the rules changed.
check-lint: $(patsubst %.c,$(BUILD)/%.lint,$(filter %.c,$(C_FILES))) ## Run clang-tidy on the files that changed
$(BUILD)/%.lint: %.c $(HEADERS) $(PUBLIC) .clang-tidy $(BUILD)/flags
	$(Q)mkdir -p $(@D)
	@$(call say,LINT  $<)
	$(Q)clang-tidy --quiet $< -- $(ALL_FLAGS) -Itests -I$(BUILD)/include -DVGPUSIM_VERSION='"$(VERSION)"' \
	    >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

# Slow, hence apart from check: reads of memory that was never written.
MEMORY_LOGS := $(patsubst %,%.memory.log,$(filter $(BUILD)/tests/unit/%,$(TESTS)))
check-memory: $(MEMORY_LOGS) ## Run the unit tests under valgrind (not part of check)
	@sh .ci/sum-tests.sh memory $(MEMORY_LOGS)
$(MEMORY_LOGS): %.memory.log: % FORCE
	@$(call say,TEST  $(<:$(BUILD)/%=%) under valgrind)
	$(Q)$(RUN_TEST) $@ valgrind -q --leak-check=full --error-exitcode=9 $<

check-speed: all ## Check the number of instructions against guard.csv
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh tests/bench/guard.sh

check-docs: all ## Check that the generated pages are up to date
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh .ci/check-docs.sh

TOOL_LOGS := $(patsubst %,$(BUILD)/%.log,$(wildcard tests/ci/test_*.sh))
check-tools: $(TOOL_LOGS) ## Test the checks and the build themselves
	@sh .ci/sum-tests.sh tools $(TOOL_LOGS)
$(TOOL_LOGS): $(BUILD)/%.log: % FORCE
	@$(call say,TEST  $<)
	$(Q)sh .ci/run-test.sh $@ sh $<

format: ## Let clang-format rewrite the C files
	$(Q)$(if $(C_FILES),clang-format -i $(C_FILES))

# --------------------------------------------------------------------------------- using

deps: ## Install missing packages (Debian, Ubuntu)
	$(Q)sh .ci/deps.sh check

demo: ## Install, build, run one scenario and say what to look at
	$(Q)sh .ci/deps.sh demo
	+$(Q)$(MAKE) all
	$(Q)sh .ci/demo.sh build/vgpusim

# The fuzzing engine is part of clang. What it finds stays in build/clang-fuzz/tests/fuzz.
FUZZ_SECONDS ?= 60
fuzz: ## Fuzz each target for FUZZ_SECONDS=60 (needs clang)
	+$(Q)$(MAKE) fuzz-run BUILD=build/clang-fuzz CC=clang CFG=release \
	    SAN=fuzzer-no-link,address,undefined
fuzz-run: $(FUZZERS:%=%.fuzz)
$(FUZZERS:%=%.fuzz): %.fuzz: %.o $(BUILD)/libvgpusim.a FORCE
	@$(call say,FUZZ  $(notdir $*) for $(FUZZ_SECONDS) s)
	$(Q)$(LINK) -fsanitize=fuzzer -o $* $*.o $(BUILD)/libvgpusim.a $(SIM_LIBS)
	$(Q)mkdir -p $*.found
	$(Q)$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix=$*- $*.found $(call corpus,$*)

bench: all $(BENCHES) ## Measure the speed against the goals of docs
	$(Q)VGPUSIM=$(BUILD)/vgpusim BENCH=$(BUILD)/tests/bench sh tests/bench/run.sh
	$(Q)VGPUSIM=$(BUILD)/vgpusim BENCH=$(BUILD)/tests/bench sh tests/bench/scale.sh
	$(Q)VGPUSIM=$(BUILD)/vgpusim BENCH=$(BUILD)/tests/bench sh tests/bench/models.sh
	$(Q)VGPUSIM=$(BUILD)/vgpusim BENCH=$(BUILD)/tests/bench sh tests/bench/engines.sh

bench-fleet: all $(BENCHES) ## Measure a fleet of 10,000 GPUs (takes minutes)
	$(Q)VGPUSIM=$(BUILD)/vgpusim BENCH=$(BUILD)/tests/bench sh tests/bench/fleet.sh

bench-policies: all ## Count what each policy costs, and how that grows
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh tests/bench/policies.sh

# Where the measurements are: index.csv and a folder for each device.
HARDWARE ?= tests/hardware
calibrate: all ## Fit the devices of HARDWARE= anew, into the catalogue
	$(Q)HARDWARE=$(HARDWARE) VGPUSIM=$(BUILD)/vgpusim sh .ci/calibrate.sh
	+$(Q)$(MAKE) all

validate: all ## Write docs/validation.md and its figures
	$(Q)sh .ci/validation.sh $(BUILD)/vgpusim $(HARDWARE) docs

docs: all ## Write the generated pages of docs/
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh .ci/docs.sh .

DESTDIR ?=
install: $(BUILD)/vgpusim $(PUBLIC) ## Install into PREFIX=/usr/local
	$(Q)install -D -m 755 $(BUILD)/vgpusim $(DESTDIR)$(PREFIX)/bin/vgpusim
	$(if $(PUBLIC),$(Q)install -D -m 644 $(PUBLIC) \
	    $(DESTDIR)$(PREFIX)/include/vgpusim/policy.h)

clean: ## Remove all that was built
	$(Q)rm -rf build

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: all test check fast hooks golden-update check-headers check-layers check-tidy \
        check-format check-lint check-memory check-speed check-docs check-tools format deps demo fuzz \
        fuzz-run bench bench-fleet bench-policies calibrate validate docs install clean help FORCE

-include $(LIB_OBJ:.o=.d) $(patsubst %.c,$(BUILD)/%.d,sim/cli/main.c $(HELP_SRC)) \
         $(TESTS:=.d) $(BENCHES:=.d) $(FUZZERS:=.d)
