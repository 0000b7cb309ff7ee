# SPDX-License-Identifier: GPL-2.0-or-later
# What dumps hold on other machines: loaders, firmware, paging depths, sizes; and after other crashes than a clean one.

load ../qemu/lib
load ../qemu/content

setup_file() { crashes_begin; }
teardown_file() { crashes_end; }
setup() { :; }
teardown() { rm -rf "${out:?}"; }

# true_on NAME GUEST_KERNEL_OPTION... -- QEMU_PANIC_OPTION...: pages and log, levels 31 and 1, over the network and ELF.
true_on() {
    crashed "$@"
    again -- dump.format=kdump
    content_is_true "$out/again/vmcore" kdump 31 lzo
    log_is_in "$out/again/vmcore"
    again -- dump.format=kdump dump.level=1
    content_is_true "$out/again/vmcore" kdump 1 lzo
    again -- dump.format=elf dump.level=31
    content_is_true "$out/again/vmcore" elf 31 none
}

@test "kexec_load: the low memory comes from its backup" { true_on load -- --load kexec_load; }
@test "UEFI, kexec_load: ranges that are not whole pages" { true_on uefi -- --firmware uefi --load kexec_load; }
@test "5-level paging, 6.1" { true_on la57 -- --la57; }
@test "5-level paging, 6.12" { true_on la57-6.12 --release 6.12 -- --la57; }
@test "three NUMA nodes" { true_on numa -- --ram 2048 --smp 4 --guest-append numa=fake=3; }
@test "8 GiB, 4 CPUs" { true_on big -- --ram 8192 --smp 4; }
@test "8 GiB, 6.12, no 1 GiB pages" { true_on big-6.12 --release 6.12 -- --ram 8192 --cpu max,la57=off,-pdpe1gb; }

# spoilt WHERE BYTES: that much garbage at an address that tests/oracle/where finds; the dump's name in $out/again.
spoilt() {
    local address
    address=$("$oracle/where" "$out/entry.img" "$1")
    head -c "$2" /dev/urandom > "$out/garbage"
    again --poke "$address=$out/garbage" -- dump.format=kdump
    run "$ctl" verify "$out/again/vmcore"
    [ "$status" -eq 0 ]
}

# still_whole WHERE BYTES: after garbage there, every page of RAM is in the dump.
still_whole() {
    echo "garbage at $1"
    spoilt "$@"
    "$oracle/compare" --full --ram "$out/again/ram.img" "$out/again/vmcore"
}

# still_filtered WHERE BYTES: after garbage there, the pages are those of the crash without it.
still_filtered() {
    echo "garbage at $1"
    spoilt "$@"
    raw_core
    judged kdump 31 lzo
    "$oracle/compare" --ram "$out/again/ram.img" "$out/again/vmcore" "$judged"
}

@test "garbage over page tables, mem_section: a full dump; over the log: a dump" {
    crashed garbage --
    still_whole init_top_pgt 4096
    still_whole mem_section 4096
    still_whole 'mem_section*' 256
    still_filtered prb 8
    still_filtered 'prb*' 80
    rm -f "$out/again/ram.img"
}
