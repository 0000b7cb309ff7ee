# SPDX-License-Identifier: GPL-2.0-or-later
# The one thing a capture kernel must never do is change what it captures.

load lib

untouched() { # qemu-panic options
    frozen_guest "$@"
    dump_is_true
    old_ram_is_untouched "$out"
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
