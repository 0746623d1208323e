# SPDX-License-Identifier: MIT
# timerleak: `make` builds $(B)/libtimerleak.so and $(B)/timerleak; `make help` lists the rest.

B	?= build
# One name for it, however it was given: what depends on what is remembered by name.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
LIBDIR	?= $(PREFIX)/lib
MANDIR	?= $(PREFIX)/share/man
INCDIR	?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share/timerleak
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
INSTALL	?= install
CFLAGS	?= -O2 -g
CXXFLAGS ?= -O1 -g

VERSION := $(shell sed -n 's/.*TIMERLEAK_VERSION "\(.*\)"/\1/p' analyzer/version.h)
WARN	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
	   -Wwrite-strings -Wundef
# V=1 shows commands, else a word for each product.
Q	:= $(if $(V),,@)
say	= $(if $(V),,$(info $()  $(1)    $@))
cc	= $(Q)$(CC) $(CPPFLAGS) $(BASE) $(WARN) $(WERROR) $(CFLAGS)
ld	= $(Q)$(CC) $(CFLAGS) $(LDFLAGS)
BASE	:= -std=gnu11 -D_GNU_SOURCE -I. -MMD -MP -fno-omit-frame-pointer \
	   -DTL_LIBDIR='"$(LIBDIR)"' -DTL_BINDIR='"$(BINDIR)"'
# The shim: nothing is visible unless marked, no lazy binding, tables for unwinding through its
# frames (cancellation), TL_BIG variables last. Never fortified: the *_chk functions are among those
# it stands in for. In two mappings, not four: each costs every process that is started.
SHIM_CF	:= -fPIC -fvisibility=hidden -fno-semantic-interposition -ftls-model=initial-exec \
	   -fasynchronous-unwind-tables -U_FORTIFY_SOURCE
SHIM_LD	:= -shared -Wl,-soname,libtimerleak.so -Wl,-z,relro,-z,now,-z,defs,-z,noexecstack \
	   -Wl,-z,noseparate-code -Wl,--as-needed,--build-id=sha1,--sort-section=name
# The analyzer: hardened. Fortifying wants optimization, and hides bugs from the sanitizers.
HARD_CF	:= -fPIE -fstack-protector-strong \
	   $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARD_LD	:= -pie -Wl,-z,relro,-z,now,-z,noexecstack
LIBS	:= -ldw -lelf -ljansson -liberty -lprotobuf-c -lz
ASAN	:= -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ	:= -O1 -g1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
TSAN	:= -O1 -g1 -fsanitize=thread $(if $(findstring clang,$(CC)),,-Wno-tsan)

SHIM_C	:= $(wildcard preload/*.c)
TOOL_C	:= $(wildcard analyzer/*.c)
SHIM_SO	:= $(B)/libtimerleak.so
TOOL	:= $(B)/timerleak
MAP	:= $(wildcard preload/libtimerleak.map)
# Unit tests link a library of each side: all but what turns it into a program or a preload.
UNIT_SHIM_C := $(filter-out preload/hooks_% preload/life%,$(SHIM_C))
UNIT_TOOL_C := $(filter-out analyzer/main.c,$(TOOL_C))
UNITS	:= $(notdir $(basename $(wildcard tests/unit/test_*.c tests/unit/shim_*.c)))
# Other files there help: X_fake.c stands in for what shim_X and shim_X_* are kept apart from, the
# rest is for the analyzer's tests.
UNIT_FAKE := $(patsubst tests/unit/%_fake.c,%,$(wildcard tests/unit/*_fake.c))
UNIT_HELP := $(filter-out tests/unit/test_% tests/unit/shim_% %_fake.c,$(wildcard tests/unit/*.c))

# A program for tests says its own flags in a comment "flags: ..." within its first three lines;
# lib*.c becomes lib*.so. C libraries are built first, since programs may link them.
victim_out = $(foreach c,$(wildcard tests/$(1)/*.c tests/$(1)/*.cc),$(B)/$(1)/$(basename $(notdir \
	     $(c)))$(if $(filter lib%,$(notdir $(c))),.so))
VICTIMS	:= $(foreach d,victims abi collide,$(call victim_out,$(d)))
VICTIM_LIBS := $(patsubst tests/%.c,$(B)/%.so,$(wildcard tests/*/lib*.c))
own_flags = f="$$(sed -n '1,3s,.*flags: \(.*[^ ]\) *\*/.*,\1,p' $<)"
own_libs = $$(for w in $$f; do case $$w in -l*) echo $$w ;; esac; done)

.PHONY: all demo check check-long bench coverage coverage-build format lint install uninstall clean help test-build \
	victims units fuzzers FORCE
.DELETE_ON_ERROR:
.SUFFIXES:

all: $(SHIM_SO) $(TOOL)

# Rebuild when the compiler or a flag changes, not only when a source does.
STAMP	:= $(B)/flags
FLAGS_NOW := $(CC) $(CXX) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS) $(WARN) $(BASE) $(SHIM_CF) \
	   $(SHIM_LD) $(HARD_CF) $(HARD_LD) $(LIBS) $(ASAN) $(TSAN) $(FUZZ)
$(STAMP): export FLAGS_TEXT := $(FLAGS_NOW)
# The directories too: to make sure of them at each compilation takes seconds in all.
$(STAMP): FORCE
	@mkdir -p $(B)/gen $(foreach d,victims abi collide,$(B)/$(d)) $(foreach d,. asan tsan fuzz unwind,\
		$(addprefix $(B)/$(d)/,preload analyzer unit tests/unit tests/fuzz))
	@printf '%s\n' "$$FLAGS_TEXT" | cmp -s - $@ || printf '%s\n' "$$FLAGS_TEXT" > $@

# The format of pprof comes as a description, of which protoc-c makes C.
PB	:= $(B)/gen/profile.pb-c
$(PB).c: analyzer/profile.proto
	$(call say,GEN)
	$(Q)mkdir -p $(@D) && protoc-c --proto_path=$(<D) --c_out=$(@D) $<
$(PB).h: $(PB).c ;

# One set of rules for each build: $(1) directory, $(2) sanitizer, $(3) hardening (analyzer only).
define build_rules
$(1)/preload/%.o: preload/%.c $$(STAMP)
	$$(call say,CC)
	$$(cc) $$(SHIM_CF) $(2) -c -o $$@ $$<
$(1)/analyzer/%.o: analyzer/%.c $$(STAMP) | $(PB).h
	$$(call say,CC)
	$$(cc) -I$(B)/gen $(3) $(2) -c -o $$@ $$<
$(1)/profile.pb-c.o: $(PB).c $$(STAMP)
	$$(call say,CC)
	$$(cc) $(3) $(2) -c -o $$@ $$<
$(1)/tests/unit/%.o: tests/unit/%.c $$(STAMP) | $(PB).h
	$$(call say,CC)
	$$(cc) -fPIE -I$(B)/gen -I$$(if $$(filter shim_% %_fake,$$*),preload,analyzer) $(2) -c -o $$@ $$<
$(1)/shim.a: $$(UNIT_SHIM_C:%.c=$(1)/%.o)
	$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(1)/tool.a: $$(UNIT_TOOL_C:%.c=$(1)/%.o) $$(UNIT_HELP:%.c=$(1)/%.o) $(1)/profile.pb-c.o
	$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(1)/unit/shim_%: $(1)/tests/unit/shim_%.o $(1)/shim.a
	$$(call say,LD)
	$$(ld) -pie -pthread $(2) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) -lcmocka -ldl -lm
$(1)/unit/test_%: $(1)/tests/unit/test_%.o $(1)/tool.a
	$$(call say,LD)
	$$(ld) -pie -pthread $(2) -o $$@ $$^ -lcmocka $$(LIBS)
$(1)/timerleak: $$(TOOL_C:%.c=$(1)/%.o) $(1)/profile.pb-c.o
	$$(call say,LD)
	$$(ld) $(if $(3),$$(HARD_LD),-pie) $(2) -o $$@ $$^ $$(LIBS)
endef
$(eval $(call build_rules,$(B),,$$(HARD_CF)))
$(eval $(call build_rules,$(B)/asan,$$(ASAN) -fPIE,))
$(eval $(call build_rules,$(B)/tsan,$$(TSAN) -fPIE,))
$(foreach d,$(B) $(B)/asan $(B)/tsan,$(foreach f,$(UNIT_FAKE),\
	$(eval $(filter %/shim_$(f),$(UNITS:%=$(d)/unit/%)) $(foreach u,$(filter shim_$(f)_%,$(UNITS)),\
		$(d)/unit/$(u)): $(d)/tests/unit/$(f)_fake.o)))
# libFuzzer is clang's; where it is missing there are no targets, and scripts/fuzz.sh says so.
FUZZERS	:= $(notdir $(basename $(wildcard tests/fuzz/fuzz_*.c)))
HAVE_FUZZER := $(wildcard $(shell clang -print-runtime-dir 2>/dev/null)/libclang_rt.fuzzer*)
$(eval $(call build_rules,$(B)/fuzz,$$(FUZZ) -fPIE,))
$(B)/fuzz/%: CC := clang
$(B)/fuzz/%: CFLAGS := -O1 -g1
$(B)/fuzz/tests/fuzz/%.o: tests/fuzz/%.c $(STAMP)
	$(call say,CC)
	$(cc) -fPIE -I$(if $(filter %options %frames,$*),preload,analyzer) $(FUZZ) -c -o $@ $<
$(B)/fuzz/fuzz_options: $(B)/fuzz/tests/fuzz/fuzz_options.o $(patsubst %,$(B)/fuzz/preload/%.o,\
	options_text sys sys_file sys_text)
	$(call say,LD)
	$(ld) -pie -fsanitize=fuzzer $(FUZZ) -o $@ $^
$(B)/fuzz/fuzz_frames: $(B)/fuzz/tests/fuzz/fuzz_frames.o $(patsubst %,$(B)/fuzz/preload/%.o,\
	unwind_bytes unwind_cfi unwind_expr unwind_fde)
	$(call say,LD)
	$(ld) -pie -fsanitize=fuzzer $(FUZZ) -o $@ $^
# Clang takes long: no reader needs what starts programs and looks for traces.
FUZZ_C	:= $(filter-out $(patsubst %,analyzer/%.c,cmd_% image_set% launch% output preflight% report_profile \
	report_rules report_run trace_find trace_sweep),$(UNIT_TOOL_C)) tests/unit/pipeline.c
$(B)/fuzz/readers.a: $(FUZZ_C:%.c=$(B)/fuzz/%.o) $(B)/fuzz/profile.pb-c.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/readers.a
	$(call say,LD)
	$(ld) -pie -fsanitize=fuzzer $(FUZZ) -o $@ $^ $(LIBS)
fuzzers: $(if $(HAVE_FUZZER),$(FUZZERS:%=$(B)/fuzz/%))
.SECONDARY:

# Link-time optimization knows nothing of what assembler text defines and uses.
$(foreach f,timer syscall loader vfork,$(B)/preload/hooks_$(f).o): override CFLAGS += -fno-lto

$(SHIM_SO): $(SHIM_C:%.c=$(B)/%.o) $(MAP)
	$(call say,LD)
	$(ld) $(SHIM_LD) $(MAP:%=-Wl,--version-script=%) -o $@ $(filter %.o,$^)

# The shim with each stack made by libunwind too, and compared: some files are others for that.
UNWIND_C := $(shell grep -l TL_UNWIND_CHECK preload/*.c)
$(eval $(call build_rules,$(B)/unwind,-DTL_UNWIND_CHECK -Ipreload,))
$(B)/unwind/compared.o: tests/unwind/compared.c $(STAMP)
	$(call say,CC)
	$(cc) $(SHIM_CF) -Ipreload -c -o $@ $<
$(B)/unwind/libtimerleak.so: $(UNWIND_C:%.c=$(B)/unwind/%.o) $(B)/unwind/compared.o $(MAP) \
	$(patsubst %.c,$(B)/%.o,$(filter-out $(UNWIND_C),$(SHIM_C)))
	$(call say,LD)
	$(ld) $(SHIM_LD) $(MAP:%=-Wl,--version-script=%) -o $@ $(filter %.o,$^)

# The analyzer has one thread: nothing for TSan.
units: $(UNITS:%=$(B)/asan/unit/%) $(B)/asan/timerleak \
	$(patsubst %,$(B)/tsan/unit/%,$(filter shim_%,$(UNITS)))
victims: $(VICTIMS)
test-build: all victims units fuzzers $(B)/unwind/libtimerleak.so

# Compiles one: $(call victim,compiler,default flags)
victim = $(Q)$(own_flags); $(1) $(CPPFLAGS) -D_GNU_SOURCE -MMD -MP -MF $@.d \
	-L$(@D) $${f:-$(2) -pthread} $(3) -o $@ $< $(own_libs)
define victim_rules
$(B)/$(1)/lib%.so: tests/$(1)/lib%.cc $$(STAMP)
	$$(call say,CXX)
	$$(call victim,$$(CXX),$$(CXXFLAGS),-shared -fPIC)
$(B)/$(1)/lib%.so: tests/$(1)/lib%.c $$(STAMP)
	$$(call say,CC)
	$$(call victim,$$(CC),-O1 -g,-shared -fPIC)
$(B)/$(1)/%: tests/$(1)/%.c $$(STAMP) | $$(VICTIM_LIBS)
	$$(call say,CC)
	$$(call victim,$$(CC),-O1 -g)
$(B)/$(1)/%: tests/$(1)/%.cc $$(STAMP) | $$(VICTIM_LIBS)
	$$(call say,CXX)
	$$(call victim,$$(CXX),$$(CXXFLAGS))
endef
$(foreach d,victims abi collide,$(eval $(call victim_rules,$(d))))

demo:
	scripts/install-deps.sh build
	$(MAKE) all $(filter $(foreach n,1 2 3,$(B)/victims/0$(n)_%),$(VICTIMS))
	BUILD=$(B) scripts/demo.sh

check:
	scripts/install-deps.sh build test
	BUILD=$(abspath $(B)) scripts/check.sh

check-long:
	scripts/install-deps.sh build test long
	$(MAKE) test-build
	BUILD=$(abspath $(B)) scripts/check-long.sh

# What scripts/coverage.sh runs: nothing of it under a sanitizer.
coverage-build: all victims $(UNITS:%=$(B)/unit/%)
coverage:
	BUILD=$(abspath $(B)) scripts/coverage.sh

bench: all victims
	@scripts/install-deps.sh bench || echo 'bench: goes on without these'
	@BUILD=$(abspath $(B)) tests/bench/run.sh $(if $(ROWS),'$(ROWS)')

format:
	scripts/check-format.sh --fix
lint:
	scripts/lint.sh --deep
	shellcheck -x scripts/*.sh .ci/run tests/*/*.sh tests/e2e/*.bash

$(B)/timerleak.pc: $(STAMP)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' '' 'Name: timerleak' \
		'Description: finds POSIX timers and timerfds that are never stopped' \
		'Version: $(VERSION)' 'preload=$${libdir}/libtimerleak.so' > $@

install: all $(B)/timerleak.pc
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(MANDIR)/man1 \
		$(DESTDIR)$(DATADIR) $(DESTDIR)$(BASHCOMPDIR)
	$(INSTALL) -m 755 $(TOOL) $(DESTDIR)$(BINDIR)/timerleak
	$(INSTALL) -m 755 $(SHIM_SO) $(DESTDIR)$(LIBDIR)/libtimerleak.so
	$(INSTALL) -m 644 $(B)/timerleak.pc $(DESTDIR)$(LIBDIR)/pkgconfig/timerleak.pc
	$(INSTALL) -m 644 analyzer/timerleak.1 $(DESTDIR)$(MANDIR)/man1/timerleak.1
	$(INSTALL) -m 644 analyzer/pyroscope.json $(DESTDIR)$(DATADIR)/pyroscope.json
	$(INSTALL) -m 644 scripts/timerleak.bash $(DESTDIR)$(BASHCOMPDIR)/timerleak

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/timerleak $(DESTDIR)$(LIBDIR)/libtimerleak.so \
		$(DESTDIR)$(LIBDIR)/pkgconfig/timerleak.pc $(DESTDIR)$(MANDIR)/man1/timerleak.1 \
		$(DESTDIR)$(DATADIR)/pyroscope.json $(DESTDIR)$(BASHCOMPDIR)/timerleak
	@rmdir $(DESTDIR)$(DATADIR) 2>/dev/null || :

clean:
	rm -rf $(B)

help:
	@echo 'all demo check check-long bench coverage format lint install uninstall clean'
	@echo 'B=dir PREFIX=/usr/local DESTDIR= CC=gcc CFLAGS="-O2 -g" WERROR=-Werror'

-include $(shell [ -d $(B) ] && find $(B) -name '*.d')
