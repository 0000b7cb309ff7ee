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
    mkdir -p "$out/gdb"
    cp "$top/build/afterimage" "$out/gdb/image"
    tail -c +1025 "$out/gdb/image" > "$out/gdb/payload" # behind the header of 1024 bytes
    printf 'usleep 5000000\n' > "$out/wait"
    run_snapshot() {
        local ram=
        for _ in $(seq 300); do
            ram=$(sed -n 's/.*mem-path=\([^ ]*\).*/\1/p' "$out/qemu.log" 2> /dev/null | head -n 1)
            if [ -n "$ram" ] && [ -S "$out/gdb/sock" ]; then break; fi
            sleep 0.1
        done
        "$top/tests/qemu/entry-snapshot" "$out/gdb/sock" "$ram" "$out/gdb/payload" \
            "$out/at-entry.img" > "$out/gdb/entry" 2> "$out/gdb/error"
    }
    run_snapshot 3>&- &
    local snapshot=$!
    panic_guest --image "$out/gdb/image" --setup "$out/wait" --qemu "-chardev socket,path=$out/gdb/sock,server=on,wait=off,id=g0 -gdb chardev:g0" "$@"
    wait "$snapshot" || { cat "$out/gdb/error"; return 1; }
    dump_is_true
    # the reservation of 2 MiB begins on a 16 MiB boundary
    local base=$(($(cat "$out/gdb/entry") & ~0xffffff))
    run pages_differing "$out/at-entry.img" "$out/ram.img" "$base" 0x200000
    echo "changed since entry: $output"
    [ -z "$output" ]
    # and the image has run: its own memory did change
    [ -n "$(pages_differing "$out/at-entry.img" "$out/ram.img" 0 0 | head -n 1)" ]
    rm -f "$out/at-entry.img"
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
