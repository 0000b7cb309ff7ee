# SPDX-License-Identifier: GPL-2.0-or-later
# Watchdogs that the guest left armed with 6 s to go: the first target keeps the image waiting for 30 s, and yet the dump is
# written. QEMU's action is a reset, which ends QEMU here.

load lib

# armed DEVICES OPTION...: the guest pets these every second until it panics.
armed() {
    cat > "$out/arm" << END
for device in $1; do
    for try in 1 2 3 4 5 6 7 8 9 10; do [ -e \$device ] || usleep 200000; done
    watchdog -t 1 -T 6 \$device || exit 1
done
usleep 200000
END
    panic_guest --setup "$out/arm" --target tcp://192.0.2.1:7 --target tcp "${@:2}"
    console '192.0.2.1:7: failed:'
    [ "$(sed -n 's/^complete_seconds=\([0-9]*\).*/\1/p' "$out/result")" -ge 20 ] # more than any of them would have given us
}

@test "iTCO and i6300esb: both fed, the dump is true" {
    armed '/dev/watchdog0 /dev/watchdog1' --module lpc_ich --module iTCO_wdt --module i6300esb \
        --qemu '-global ICH9-LPC.noreboot=false -device i6300esb'
    dump_is_true
    console 'watchdog: iTCO: port 0x660, resets after 12 s: runs, fed every second' \
        'watchdog: i6300esb: 0000:00:' ': runs, fed every second'
}

@test "ACPI WDAT: fed, the dump is true" {
    "$BATS_TEST_DIRNAME/wdat-table" > "$out/wdat"
    armed /dev/watchdog0 --module wdat_wdt --qemu "-global ICH9-LPC.noreboot=false -acpitable file=$out/wdat"
    dump_is_true
    console 'watchdog: ACPI WDAT: 2 of 9 instructions understood, set to 6000 ms: runs, fed every second'
}
