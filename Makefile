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
WARN += -Wmissing-variable-declarations
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
TEST_LIBS := -lcmocka

ALL_FLAGS = $(SIM_CPPFLAGS) $(CPPFLAGS) $(SIM_CFLAGS) $(CFLAGS)
LINK      = $(CC) $(SIM_CFLAGS) $(CFLAGS) $(LDFLAGS)

# ------------------------------------------------------------------------------- sources

find_in = $(sort $(shell find $(wildcard $(1)) -type f -name '$(2)' 2>/dev/null))

SIM_SRC   := $(call find_in,sim,*.c)
LIB_SRC   := $(filter-out sim/cli/main.c,$(SIM_SRC))
TEST_SRC  := $(sort $(wildcard tests/unit/*.c tests/policy/*.c tests/property/*.c \
                               tests/theory/*.c))
HELP_SRC  := $(call find_in,tests/support,*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
HEADERS   := $(call find_in,sim,*.h) $(call find_in,tests/support,*.h)
C_FILES   := $(SIM_SRC) $(HEADERS) $(call find_in,tests,*.c)
EMBEDDED  := $(sort $(shell LC_ALL=C find $(wildcard sim/catalogue/data plots) -type f \
                 \( -path 'sim/*.csv' -o -path 'sim/*.yaml' -o -path 'plots/*.gp' \) \
                 2>/dev/null))

obj        = $(1:%.c=$(BUILD)/%.o)
LIB_OBJ   := $(call obj,$(LIB_SRC)) $(BUILD)/embedded.o $(BUILD)/embedded_table.o
TESTS     := $(TEST_SRC:%.c=$(BUILD)/%)
BENCHES   := $(BENCH_SRC:%.c=$(BUILD)/%)
SCRIPTS   := $(sort $(wildcard tests/*/run*.sh))
SCRIPTS   := $(filter-out tests/bench/%,$(SCRIPTS))

# ------------------------------------------------------------------------------ building

all: $(BUILD)/vgpusim ## Build build/vgpusim (the default)
	$(Q)ln -sfn $(BUILD:build/%=%)/vgpusim build/vgpusim

# Files that hold a list; rewritten, and so newer, only when the list changes.
define write_if_changed
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@
endef

$(BUILD)/flags: FORCE
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
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(SIM_LIBS)
$(BENCHES): %: %.o $(BUILD)/libvgpusim.a
	@$(call say,LD    $@)
	$(Q)$(LINK) -o $@ $^ $(SIM_LIBS)

# ------------------------------------------------------------------------------- testing

TEST_LOGS := $(TESTS:=.log) $(SCRIPTS:%=$(BUILD)/%.log)

test: $(TEST_LOGS) ## Build and run the tests; CC=, CFG= and SAN= as for the build
	@sh .ci/sum-tests.sh $(notdir $(BUILD)) $(TEST_LOGS)

$(TESTS:=.log): %.log: % $(BUILD)/vgpusim FORCE
	@$(call say,TEST  $<)
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh .ci/run-test.sh $@ $<
$(SCRIPTS:%=$(BUILD)/%.log): $(BUILD)/%.log: % $(BUILD)/vgpusim FORCE
	@$(call say,TEST  $<)
	$(Q)VGPUSIM=$(BUILD)/vgpusim sh .ci/run-test.sh $@ sh $<

clean: ## Remove all that was built
	$(Q)rm -rf build

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all test clean help FORCE

-include $(LIB_OBJ:.o=.d) $(BUILD)/sim/cli/main.d $(TESTS:=.d) $(BENCHES:=.d)
