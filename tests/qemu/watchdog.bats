# SPDX-License-Identifier: GPL-2.0-or-later
# Watchdogs that the guest left armed with 6 s to go: the first target keeps the image waiting for 30 s, and yet the dump is
# written. QEMU's action is a reset, which ends QEMU here.

load lib

# armed NAME OPTION...: the guest pets /dev/watchdog every second until it panics.
armed() {
    cat > "$out/arm" << 'END'
for try in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/watchdog ] || usleep 200000; done
watchdog -t 1 -T 6 /dev/watchdog || exit 1
usleep 200000
END
    panic_guest --setup "$out/arm" --target tcp://192.0.2.1:7 --target tcp "$@"
}

tco=(--module lpc_ich --module iTCO_wdt --qemu '-global ICH9-LPC.noreboot=false')

# Too long for a watchdog that nobody feeds, whose end is its second expiry.
took_long() { [ "$(sed -n 's/^complete_seconds=\([0-9]*\).*/\1/p' "$out/result")" -ge 20 ]; }

@test "iTCO: fed, the dump is true" {
    armed "${tco[@]}"
    dump_is_true
    console 'watchdog: iTCO: port 0x660, resets after 12 s: runs, fed every second' '192.0.2.1:7: failed:'
    took_long
}

@test "i6300esb: fed, the dump is true" {
    armed --module i6300esb --qemu '-device i6300esb'
    dump_is_true
    console 'watchdog: i6300esb: 0000:00:' 'runs, fed every second' '192.0.2.1:7: failed:'
    took_long
}
