# SPDX-License-Identifier: GPL-2.0-or-later
# The one thing a capture kernel must never do is change what it captures.

load lib

# pages_differing A B FROM LENGTH: addresses of pages that differ outside [FROM, FROM+LENGTH).
pages_differing() {
    cmp -l "$1" "$2" | awk -v from="$(($3))" -v len="$(($4))" '
        { page = int(($1 - 1) / 4096) * 4096 }
        page != last && (page < from || page >= from + len) { printf "0x%x\n", page }
        { last = page }'
}

untouched() { # qemu-panic options
    frozen_guest "$@"
    dump_is_true
    # the reservation of 2 MiB begins on a 16 MiB boundary
    local base
    base=$(sed -n 's/.*"image": \([0-9]*\).*/\1/p' "$out/entry.json")
    run pages_differing "$out/entry.img" "$out/ram.img" $((base & ~0xffffff)) 0x200000
    echo "changed since entry: $output"
    [ -z "$output" ]
    # and the image has run: its own memory did change
    [ -n "$(pages_differing "$out/entry.img" "$out/ram.img" 0 0 | head -n 1)" ]
}

@test "old memory is untouched: AHCI, idle machine" {
    untouched --target disk --net none
}

@test "old memory is untouched: virtio-net by reference, idle machine" {
    untouched --net tap
}

@test "old memory is untouched: kexec_load, copied (no offloads)" {
    untouched --load kexec_load
}
