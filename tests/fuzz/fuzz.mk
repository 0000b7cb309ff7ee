# SPDX-License-Identifier: GPL-2.0-or-later
# One line per fuzz target: fuzz_NAME = the sources that tests/fuzz/fuzz_NAME.c is linked with
# (besides fake_log.c and fake_clock.c). Seeds: tests/fuzz/corpus/NAME/.
fuzz_acpi = drivers/acpi.c drivers/pci.c drivers/pci_func.c kernel/format.c
fuzz_multiboot2 = kernel/multiboot2.c
