# SPDX-License-Identifier: GPL-2.0-or-later
# tests/qemu/mangle.bats at length.

load ../qemu/lib
load ../qemu/mangle

@test "spoilt by 150 seeds" { mangled 1001 150; }
@test "a spoilt elfcorehdr, 40 seeds" { mangled 2001 40 --only elfcorehdr; }
