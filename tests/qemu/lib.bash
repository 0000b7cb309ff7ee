# SPDX-License-Identifier: GPL-2.0-or-later
# What the panic tests share: one guest panicked per test, its dump held against its RAM.
# shellcheck shell=bash disable=SC2154 # bats sets its own variables

top=$(realpath "$BATS_TEST_DIRNAME/../..")
ctl=$top/build/afterimagectl

# Gigabytes are written and thrown away: in memory, where there is room for the two tests that may run
# at once.
if [ -z "${TMPDIR:-}" ] && [ "$(df --output=avail -m /dev/shm 2> /dev/null | tail -n 1)" -gt 15000 ]; then
    export TMPDIR=/dev/shm
fi

# The guest kernel, once per file: VMLINUZ, MODULES, RELEASE.
setup_file() {
    local words
    words=$("$top/tools/guest-kernel") || return 1
    export VMLINUZ MODULES
    VMLINUZ=$(sed -n 's/^VMLINUZ=//p' <<< "$words")
    MODULES=$(sed -n 's/^MODULES=//p' <<< "$words")
}

setup() { out=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-test.XXXXXX"); }

# A failed test leaves its folder, a passed one does not.
teardown() {
    if [ -n "${BATS_TEST_COMPLETED:-}" ]; then
        rm -rf "$out"
    else
        rm -f "$out"/{ram,entry,disk,disk.entry}.img
        echo "files in $out"
        [ ! -e "$out/console.log" ] || tail -n 30 "$out/console.log"
    fi
}

# One emulated guest in some hundred does not get through its own boot (docs/reliability.md, the campaign's runs without a crash),
# which says nothing of the image: it was not even loaded. Such a guest is tried once more.
guest_did_not_boot() { # DIR
    grep -qsE '^reason=.*(before the guest said anything|while the guest booted|before kexec had loaded the image, after the panic)' "$1/result" ||
        return 1
    echo '# the guest did not boot: once more' >&3
}

# qemu_panic DIR OPTION...: the status of tools/qemu-panic, which leaves its files in DIR.
qemu_panic() {
    "$top/tools/qemu-panic" -o "$@" "$VMLINUZ" || { guest_did_not_boot "$1" && "$top/tools/qemu-panic" -o "$@" "$VMLINUZ"; }
}

# The same into $out, with an ELF core unless --append says else; status and words are in $status and $output.
panic_once() {
    run "$top/tools/qemu-panic" -o "$out" --keep-ram --modules "$MODULES" --timeout 180 --append dump.format=elf "$@" "$VMLINUZ"
    echo "$output"
}
panic_guest() { # OPTION...
    panic_once "$@"
    if guest_did_not_boot "$out"; then panic_once "$@"; fi
}

frozen_once() {
    rm -f "$out"/{qemu.log,ram.img} # by which the freezer finds the guest
    "$top/tests/oracle/freeze" "$out" "$top/build/afterimage" > "$out/freeze.txt" 2>&1 3>&- &
    local freezer=$!
    panic_once --keep-work --qmp --gdb-socket --setup "$out/wait" --append "room=$(printf '%0200d' 0)" "$@"
    wait "$freezer"
}

# frozen_guest OPTION...: the same; the guest as it was when the image was entered stays in entry.* (tests/oracle/freeze), for
# `rerun`, with room on the image's command line for other words.
frozen_guest() {
    echo 'usleep 3000000' > "$out/wait" # the image must be found in RAM first
    frozen_once "$@" || { guest_did_not_boot "$out" && frozen_once "$@"; } || {
        tail -n 3 "$out/freeze.txt"
        return 1
    }
}

# Every page of the dump is the page of the guest's RAM.
dump_is_true() {
    [ "$status" -eq 0 ]
    [ -s "$out/vmcore" ]
    "$ctl" verify "$out/vmcore"
    "$ctl" verify --ram "$out/ram.img" "$out/vmcore"
}

# pages_differing A B FROM LENGTH: addresses of pages that differ outside [FROM, FROM+LENGTH).
pages_differing() {
    cmp -l "$1" "$2" | awk -v from="$(($3))" -v len="$(($4))" '
        { page = int(($1 - 1) / 4096) * 4096 }
        page != last && (page < from || page >= from + len) { printf "0x%x\n", page }
        { last = page }'
}

# old_ram_is_untouched FROZEN: since the image was entered, nothing but the reservation of 2 MiB, which begins on a 16 MiB
# boundary, has changed in $out/ram.img.
old_ram_is_untouched() {
    local base changed
    base=$(sed -n 's/.*"image": \([0-9]*\).*/\1/p' "$1/entry.json")
    changed=$(pages_differing "$1/entry.img" "$out/ram.img" $((base & ~0xffffff)) 0x200000)
    [ -z "$changed" ] || {
        echo "changed since entry: $changed"
        return 1
    }
}

# console TEXT...: each is on the console, as a fixed string.
console() {
    local text
    for text in "$@"; do
        grep -aqF -- "$text" "$out/console.log" || {
            echo "not on the console: $text"
            return 1
        }
    done
}

dmesg_has_panic() { grep -q 'sysrq triggered crash' "$out/dmesg.txt"; }
