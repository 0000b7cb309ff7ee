# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of faults of our own share: one crash, frozen as the image was entered, and the image hurt in each rerun.
# shellcheck shell=bash disable=SC2154 # of bats and of lib.bash

# A small guest with both kinds of targets. Sets FROZEN, its folder.
freeze_guest() {
    local words
    words=$("$top/tools/guest-kernel") || return 1
    eval "$words"
    FROZEN=$(mktemp -d "${TMPDIR:-/tmp}/afterimage-life.XXXXXX")
    out=$FROZEN
    frozen_guest --ram 256 --target tcp --target disk "$@" || return 1
    [ "$status" -eq 0 ] || return 1
    rm -f "$out"/{vmcore,ram.img,disk.img}
    cp "$top/build/afterimage.sym" "$out/entry.sym"
    export VMLINUZ MODULES FROZEN
}

# hurt STEP... -- WORD...: the frozen guest's dump over the network, then to the disk, the image hurt on its way (hurt.py).
# Whatever happens, old RAM stays as it is.
hurt() {
    local steps=()
    while [ "$1" != -- ]; do
        steps+=(--hurt "$1")
        shift
    done
    shift
    run "$top/tests/oracle/rerun" "${steps[@]}" --qemu "-object filter-dump,id=wire,netdev=net0,file=$out/net.pcap" "$FROZEN" "$out" "$@"
    echo "$output"
    old_ram_is_untouched "$FROZEN"
}

# The network target failed for this reason, and the second life's dump is on the disk, page by page the RAM's.
disk_has_the_dump() { # REASON
    console "failed: $1" "second life after $1" 'dump complete:' ', disk:' 'final action: reboot'
    "$ctl" extract "$out/disk.img" -o "$out/got"
    "$ctl" verify --ram "$out/ram.img" "$out/got/vmcore"
}

# No dump on the disk, and the failure action.
no_dump_but_an_end() { # REASON
    console "dump failed: $1" 'final action:'
    run grep -ac 'dump complete:' "$out/console.log"
    [ "$output" -eq 0 ]
    run "$ctl" extract "$out/disk.img" -o "$out/got"
    [ "$status" -eq 1 ]
}

trap_in() { # FUNCTION VECTOR: what the console calls it
    echo "a fault of our own: trap $2 at image+0x$(nm "$FROZEN/entry.sym" | awk -v f="$1" '$3 == f { sub(/^0+/, "", $1); print $1 }')"
}
