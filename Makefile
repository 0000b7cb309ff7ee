# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the image, the host program and everything around them; `make help` lists the targets.

VERSION := 0.1.0
B := build
Q := $(if $(V),,@)
CC ?= gcc
OBJCOPY ?= objcopy
PREFIX ?= /usr/local
UNITDIR ?= $(PREFIX)/lib/systemd/system
CFLAGS ?= -O2 -g # of the host program; a packager's

all: image $(B)/afterimagectl
image: $(B)/afterimage $(B)/afterimage.mb2 $(B)/afterimage.sym

.PHONY: FORCE all image deps demo test test-full campaign check bench fuzz fuzz-long lint sign deb rpm repro size qemu-gdb install clean help
MAKEFLAGS += --no-builtin-rules # they would make a .d of lwIP's out of a .d.c
.DELETE_ON_ERROR:
.SECONDARY:

# --- what is missing on this machine (tools/deps looks before it fetches anything)

deps: $(B)/deps.stamp
$(B)/deps.stamp: tools/deps tools/deps.lock
	tools/deps build
	@mkdir -p $(B)/uapi
	ln -sfn /usr/include/linux $(B)/uapi/linux
	ln -sfn /usr/include/asm-generic $(B)/uapi/asm-generic
	ln -sfn /usr/include/x86_64-linux-gnu/asm $(B)/uapi/asm
	@touch $@

# --- the kernel

kernel_obj := \
	$(addprefix boot/,entry.o trap_entry.o start.o map.o trap.o) \
	$(addprefix kernel/,main.o run.o clock.o heartbeat.o log.o format.o string.o) \
	$(addprefix kernel/config/,config.o config_net.o handover.o multiboot2.o) \
	$(addprefix kernel/life/,life.o failure.o last_failure.o) \
	kernel/dump/dump.o \
	$(addprefix kernel/dump/source/,source.o mb2.o scan.o oldmap.o oldmem.o rampages.o) \
	$(addprefix kernel/dump/linux/,vmcoreinfo.o kernel_va.o dmesg.o filter.o memmap.o absent.o) \
	$(addprefix kernel/dump/format/,container.o elf.o elf_plan.o kdump.o kdump_batch.o flatten.o early.o early_table.o) \
	$(addprefix kernel/dump/disk/,area.o partition.o extent_map.o extents.o find.o disk_sink.o settled.o note.o) \
	$(addprefix drivers/,uart.o cmos.o lapic.o power.o netdev.o) \
	$(addprefix drivers/acpi/,acpi.o reg.o erst.o) \
	$(addprefix drivers/ahci/,ahci.o port.o cmd.o) \
	$(addprefix drivers/iommu/,iommu.o dmar.o vtd.o ivrs.o amd.o virtio.o) \
	$(addprefix drivers/pci/,pci.o func.o quiesce.o sriov.o) \
	$(addprefix drivers/virtio/,virtio.o ring.o net.o) \
	$(addprefix drivers/watchdog/,watchdog.o itco.o i6300esb.o wdat.o)

include kernel/net/lwip.mk kernel/dump/codec/codec.mk
kernel_obj += $(net_obj) $(codec_obj)

# whatever a test may include
headers := $(wildcard kernel/*.h kernel/*/*.h kernel/*/*/*.h drivers/*.h drivers/*/*.h)

kernel_cflags := -std=gnu11 -Os -g -ffreestanding -fpie -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-ffunction-sections -fdata-sections -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)=. \
	-nostdinc -isystem $(shell $(CC) -print-file-name=include) -isystem kernel/libc \
	-isystem $(B)/uapi -Ikernel -I. -DVERSION='"$(VERSION)"'
warnings := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla

kernel_objs := $(addprefix $(B)/kernel/,$(kernel_obj))
lwip_objs := $(patsubst build/deps/lwip/%.c,$(B)/lwip/%.o,$(lwip_src))

$(B)/kernel/%.o: %.c | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC      $<')
	$(Q)$(CC) $(kernel_cflags) $(warnings) $(if $(findstring kernel/net/,$<),$(lwip_cflags)) $(codec_cflags) -MMD -MP -c $< -o $@
$(B)/kernel/boot/trap_entry.o: boot/trap.S | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(kernel_cflags) -c $< -o $@
$(B)/kernel/%.o: %.S | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(kernel_cflags) -c $< -o $@
$(B)/lwip/%.o: build/deps/lwip/%.c | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(kernel_cflags) -w $(lwip_cflags) -MMD -MP -c $< -o $@
build/deps/lwip/%.c: $(B)/deps.stamp ;

# another choice of codecs is another image
$(B)/codecs.stamp: FORCE
	@mkdir -p $(@D)
	@echo '$(CODECS)' | cmp -s - $@ || echo '$(CODECS)' > $@

$(B)/afterimage.sym: $(kernel_objs) $(lwip_objs) linker.ld $(B)/codecs.stamp
	$(if $(V),,@echo '  LD      $@')
	$(Q)$(CC) -nostdlib -static-pie -Wl,--no-warn-rwx-segments -Wl,--no-dynamic-linker -Wl,-z,noexecstack -Wl,-z,norelro \
		-Wl,--no-check-sections -Wl,--gc-sections -Wl,--build-id=none -Wl,-T,linker.ld -Wl,-Map,$(B)/afterimage.map \
		-o $@ $(kernel_objs) $(lwip_objs)
	@if readelf -rW $@ | awk '/R_X86_64/ && $$3 != "R_X86_64_RELATIVE"' | grep .; then \
		echo "only R_X86_64_RELATIVE is applied by boot/entry.S" >&2; exit 1; fi

$(B)/afterimage.payload: $(B)/afterimage.sym
	$(Q)$(OBJCOPY) -O binary -S $< $@

# init_size covers everything up to __image_end
init_size = 0x$(shell nm $(B)/afterimage.sym | awk '$$3 == "__image_end" { print $$1 }')

$(B)/afterimage: boot/header.S $(B)/afterimage.payload
	$(Q)$(CC) -DINIT_SIZE=$(init_size) -DPAYLOAD_SIZE=$$(stat -c %s $(B)/afterimage.payload) \
		-c boot/header.S -o $(B)/header.o
	$(Q)$(OBJCOPY) -O binary -j .header $(B)/header.o $(B)/header.bin
	$(Q)cat $(B)/header.bin $(B)/afterimage.payload > $@

$(B)/afterimage.mb2: boot/mb2.S boot/mb2.ld $(B)/afterimage.payload
	$(Q)$(CC) -DAFTERIMAGE_INIT_SIZE=$(init_size) -c boot/mb2.S -o $(B)/mb2.o
	$(Q)ld -nostdlib -s -n --no-warn-rwx-segments -T boot/mb2.ld -o $@ $(B)/mb2.o

# --- the host program

include tools/afterimagectl/ctl.mk
ctl_objs := $(patsubst %.c,$(B)/host/%.o,$(ctl_src))
$(B)/host/%.o: %.c | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(if $(V),,@echo '  HOSTCC  $<')
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -Itools/afterimagectl -Ikernel -I. -ffile-prefix-map=$(CURDIR)=. \
		-DVERSION='"$(VERSION)"' -DIMAGE_PATH='"$(PREFIX)/lib/afterimage/afterimage"' -MMD -MP -c $< -o $@
$(B)/afterimagectl: $(ctl_objs)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(ctl_objs) $(ctl_libs)

# --- tests on the host: one program per line of unit.mk and fuzz.mk, with sanitizers

include tests/unit/unit.mk tests/fuzz/fuzz.mk tests/wire/wire.mk
units := $(patsubst unit_%,%,$(filter unit_%,$(.VARIABLES)))
fuzzers := $(patsubst fuzz_%,%,$(filter fuzz_%,$(.VARIABLES)))
host_cflags := -std=gnu11 -g -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -Itests/hosted -Itests \
	-Itools/afterimagectl -Ikernel -I. -fno-omit-frame-pointer
fakes = tests/fake/log.c $(if $(filter NOCLOCK,$(1)),,tests/fake/clock.c)
test_headers := $(wildcard $(addprefix tests/,unit/test_main.c unit/*.h unit/*/*.h fake/*.[ch] hosted/arch/*.h fuzz/*.h))
FUZZ_SECONDS ?= 20
FUZZ_RUNS ?= 10000000

.SECONDEXPANSION:
vpath test_%.c $(wildcard tests/unit/*)
$(B)/unit/%: test_%.c $$(filter-out NOCLOCK,$$(unit_$$*)) $(test_headers) $(headers) | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(host_cflags) $(cflags_$*) -fsanitize=address,undefined -fno-sanitize-recover=all $(sanitize_$*) -o $@ $< \
		tests/unit/test_main.c $(call fakes,$(unit_$*)) $(filter-out NOCLOCK,$(unit_$*))
$(B)/fuzz/%: tests/fuzz/fuzz_%.c $$(filter-out NOCLOCK,$$(fuzz_$$*)) $(test_headers) $(headers) | $(B)/deps.stamp
	@mkdir -p $(@D)
	$(Q)clang $(host_cflags) -O2 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(cflags_$*) $(sanitize_$*) \
		$(if $(filter $*,$(no_trace_cmp)),-fno-sanitize-coverage=trace-cmp) \
		-fsanitize-coverage-ignorelist=tests/fuzz/not-covered -o $@ $< \
		$(call fakes,$(fuzz_$*)) $(filter-out NOCLOCK,$(fuzz_$*))

check: $(addprefix $(B)/unit/,$(units)) image
	tests/run-units $(addprefix $(B)/unit/,$(units)) tests/image
fuzz: $(addprefix $(B)/fuzz/,$(fuzzers))
	tests/run-fuzzers $(FUZZ_SECONDS) $^
fuzz-long: $(addprefix $(B)/fuzz/,$(fuzzers))
	tests/fuzz/long $(FUZZ_RUNS) $^

# --- what people type

demo: deps-demo all
	tools/demo
test: deps-test all wire
	tests/run check fuzz ctl qemu
test-full: deps-full all wire deb
	tests/run check fuzz lint ctl qemu full
campaign: deps-campaign all
	tests/campaign/campaign $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(CAMPAIGN_ARGS) || failed=yes; \
		tests/campaign/report && [ -z "$$failed" ]
bench: deps-bench all wire
	tests/bench/run
lint: deps-lint image
	tools/lint
sign: image
	@[ -n "$(KEY)" ] && [ -n "$(CERT)" ] || { echo "usage: make sign KEY=FILE CERT=FILE" >&2; exit 2; }
	sbsign --key "$(KEY)" --cert "$(CERT)" --output $(B)/afterimage.signed $(B)/afterimage
size: $(B)/afterimage.sym
	tools/size $<
qemu-gdb: deps-demo all
	tools/qemu-panic --gdb --timeout 86400 -o $(B)/qemu-gdb "$$(tools/guest-kernel | sed -n 's/^VMLINUZ=//p')"

deps-%:
	tools/deps $*
.PHONY: deps-demo deps-test deps-full deps-campaign deps-bench deps-lint deps-deb

install: all
	install -D -m 644 $(B)/afterimage $(DESTDIR)$(PREFIX)/lib/afterimage/afterimage
	install -D -m 644 $(B)/afterimage.mb2 $(DESTDIR)$(PREFIX)/lib/afterimage/afterimage.mb2
	install -D -m 755 $(B)/afterimagectl $(DESTDIR)$(PREFIX)/sbin/afterimagectl
	install -D -t $(DESTDIR)$(PREFIX)/lib/afterimage/tools tools/qemu-panic tools/guest-init tools/guest-initramfs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/afterimage/tools/lib tools/lib/*.sh
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sf ../lib/afterimage/tools/qemu-panic $(DESTDIR)$(PREFIX)/bin/afterimage-qemu-panic
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 docs/man/afterimage-qemu-panic.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/man/afterimagectl.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 docs/man/afterimage.conf.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 docs/man/afterimage.7
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) packaging/systemd/*.service
	install -D -m 644 packaging/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/afterimage.conf
	install -D -m 644 packaging/bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/afterimagectl
	[ -e $(DESTDIR)/etc/afterimage.conf ] || install -D -m 644 packaging/afterimage.conf $(DESTDIR)/etc/afterimage.conf
	install -d -m 755 $(DESTDIR)/etc/afterimage/hooks.d $(DESTDIR)/var/crash
	sed -i 's|/usr/sbin/|$(PREFIX)/sbin/|' $(DESTDIR)$(UNITDIR)/afterimage*.service

deb: deps-deb $(B)/deb/afterimage_$(VERSION)_amd64.deb
# of this tree as it is now: a folder that is newer has lost a file, or got one
$(B)/deb/afterimage_$(VERSION)_amd64.deb: Makefile LICENSE README.md linker.ld $$(shell find boot docs drivers kernel packaging tools)
	packaging/build-deb $(B)/deb
rpm: deps-deb all
	packaging/build-rpm $(B)/rpm
repro: deps-deb
	tests/repro

help:
	@sed -n 's/^#: //p' Makefile
#: make            build/afterimage, build/afterimage.mb2, build/afterimage.sym, build/afterimagectl
#: make deps       install or fetch what building needs
#: make demo       panic a stock Debian kernel in QEMU and show what arrived
#: make check      unit tests on the host, under a minute
#: make test       all that must pass on each change
#: make test-full  the whole matrix, with every kernel and reader
#: make campaign  a crash campaign of RUNS=300 runs, SEED=n; goes on where it was stopped; writes docs/reliability.md
#: make bench      side by side with Linux kdump; writes BENCH.md
#: make fuzz       every fuzz target, FUZZ_SECONDS=n each
#: make fuzz-long  every fuzz target, FUZZ_RUNS=n executions each; goes on where it was broken off
#: make lint       style, structure and static analysis
#: make sign       build/afterimage.signed for Secure Boot: KEY=FILE CERT=FILE
#: make size       the image's biggest parts
#: make qemu-gdb   boot to a stop, wait for gdb
#: make install    DESTDIR= PREFIX=/usr/local
#: make deb, rpm   packages in build/deb/ and build/rpm/
#: make repro      two builds, in other folders and at other times, give the same bytes

-include $(shell test -d $(B) && find $(B)/kernel $(B)/host $(B)/lwip -name '*.d' 2>/dev/null)

clean:
	rm -rf $(B)/kernel $(B)/host $(B)/lwip $(B)/afterimage*
