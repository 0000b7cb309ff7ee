# SPDX-License-Identifier: GPL-2.0-or-later
# A stream that ends early: what readers need first came first.

load lib
load content

setup_file() {
    local words
    find_judges || return 1
    words=$("$top/tools/guest-kernel" --dbg) || return 1
    export VMLINUZ MODULES VMLINUX
    eval "$words"
}

# caught: the guest's stream as a plain listener stores it, in $out/stream.
caught() {
    local pid port=0
    while ! [ -s "$out/port" ]; do
        port=$((20000 + RANDOM % 12000))
        nc -d -l 127.0.0.1 "$port" > "$out/stream" 2> "$out/nc.log" 3>&- &
        pid=$!
        sleep 0.5
        ! kill -0 "$pid" || echo "$port" > "$out/port"
    done
    run qemu_panic "$out/guest" --modules "$MODULES" --timeout 180 --target "tcp://10.0.2.2:$port"
    wait "$pid"
    grep -aq 'dump complete' "$out/guest/console.log"
}

# opens PERCENT CRASH: the stream cut there is repaired, holds together, and that crash opens it and finds task, stack and log.
opens() {
    local size
    size=$(stat -c %s "$out/stream")
    head -c $((size * $1 / 100)) "$out/stream" > "$out/cut"
    rm -f "$out/vmcore"
    run "$ctl" repair "$out/cut" -o "$out/vmcore"
    [ "$status" -eq 1 ]
    run "$ctl" verify "$out/vmcore"
    [[ $output == *"says that it is incomplete"* && $output != *"not decode"* && $output != *"not in the file"* ]]
    timeout 300 "$2" -s "$VMLINUX" "$out/vmcore" <<< $'sys\nbt\nlog\nquit' > "$out/crash.cut" 2>&1 || {
        tail -n 20 "$out/crash.cut"
        return 1
    }
    grep -q 'PANIC: "Kernel panic - not syncing: sysrq triggered crash"' "$out/crash.cut"
    grep -q ' panic at ' "$out/crash.cut"
    grep -q 'sysrq: Trigger a crash' "$out/crash.cut"
    grep -q 'Kernel panic - not syncing: sysrq triggered crash' "$out/crash.cut"
}

@test "crash opens a stream cut at 10, 50 and 90 %, and finds the panic, its stack and the log" {
    local part
    caught
    for part in 10 50 90; do opens "$part" "$CRASH"; done
    opens 10 crash # Debian 12's own
}
