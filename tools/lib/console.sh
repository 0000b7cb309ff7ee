# SPDX-License-Identifier: GPL-2.0-or-later
# Watches the guest's console: stamps each line with the host's clock and remembers the moments that matter.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh and lib/dump.sh.

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Milliseconds since the start at which something was first seen; empty: not seen.
seen_up='' seen_loaded='' seen_panicking='' seen_panic='' seen_entry='' seen_first='' seen_complete='' seen_failed='' seen_halt=''
console_release='' console_bytes='' guest_complaint=''

console_line() { # ms line
    case $2 in
        "qp: up"*) seen_up=$1 ;;
        "qp: loaded"*) seen_loaded=$1 ;;
        "qp: panicking"*) seen_panicking=$1 ;;
        "qp: load failed"* | "qp: setup failed"* | "qp: early failed"* | "qp: traffic failed"* | "qp: still alive"*) guest_complaint=${2#qp: } ;;
        *"Kernel panic - not syncing"*) [ -n "$seen_entry" ] || seen_panic=$1 ;;
        "afterimage: "*" entered at 0x"* | "@@@ CAPTURE"*) seen_entry=${seen_entry:-$1} ;;
        "afterimage: crashed kernel "*)
            console_release=${2#afterimage: crashed kernel }
            console_release=${console_release%%,*} ;;
        "afterimage: dump complete: "*)
            seen_complete=$1
            console_bytes=${2#afterimage: dump complete: }
            console_bytes=${console_bytes%% *} ;;
        "afterimage: dump failed"*) seen_failed=$1 ;;
        "afterimage: final action: halt"*) seen_halt=$1 ;;
    esac
}

# console_watch FD PID LIMIT_MS: until PID's console ends. Returns 124 if LIMIT_MS (0: none) passes first; a halted machine has ended.
console_watch() {
    local fd=$1 pid=$2 limit=$3 line='' part now status nap
    exec {stamps}> "$out/console.ts" {nap}<> <(:)
    while :; do
        status=0 part=
        # a read whose time is over just as the line ends loses its end: it has time where there is something to read
        if read -r -t 0 -u "$fd"; then
            IFS= read -r -t 1 -u "$fd" part || status=$?
        else
            read -r -t 0.02 -u "$nap" || status=$?
        fi
        now=$(($(now_ms) - start_ms))
        line+=$part
        if [ "$status" = 0 ] || { [ "$status" -le 128 ] && [ -n "$line" ]; }; then
            line=${line%$'\r'}
            printf '%d %s\n' "$now" "$line" >&"$stamps"
            console_line "$now" "$line"
            line=''
        fi
        if [ -n "$seen_entry$seen_panic" ] && [ -z "$seen_first" ] && first_byte_seen; then seen_first=$now; fi
        [ "$status" = 0 ] || [ "$status" -gt 128 ] || break
        if [ -n "$seen_halt" ] && [ "$now" -gt $((seen_halt + 1000)) ]; then break; fi
        if [ "$limit" != 0 ] && [ "$now" -ge "$limit" ]; then return 124; fi
    done
    exec {stamps}>&- {nap}>&-
}

# Seconds between two moments, as 1.234; empty if one of them was not seen.
console_seconds() { # from to
    if [ -z "$1" ] || [ -z "$2" ] || [ "$2" -lt "$1" ]; then return 0; fi
    printf '%d.%03d\n' $((($2 - $1) / 1000)) $((($2 - $1) % 1000))
}
