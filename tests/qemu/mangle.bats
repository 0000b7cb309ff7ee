# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever is spoilt of what the image reads: it ends, and what it dumps is true. One crash, entered again and again.

load lib
load mangle

@test "spoilt boot_params, elfcorehdr, notes, ACPI tables, devices: 10 of many" { mangled 1 10; }
