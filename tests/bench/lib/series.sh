# SPDX-License-Identifier: GPL-2.0-or-later
# The series of a session: which runs there are, and what is recorded of each.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/run.sh.

# One run of $side, recorded and told. The file of a failed run's console is kept.
series_run() { # series number
    run_once
    record dump "$1" "$side" "$what" "$fill" "$2" "$verdict" "$entry" "$first" "$complete" "$bytes" "$zero_share" "$others"
    say "$1 $side $what $fill run $2: $verdict, entry ${entry:--} s, first byte ${first:--} s, complete ${complete:--} s," \
        "${bytes:--} bytes, ${zero_share:--} % zero, others used $others cores"
    [ "$verdict" != ok ] || return 0
    rm -rf "$records/failed-$1-$side"
    mkdir -p "$records/failed-$1-$side"
    cp "$run/events" "$run"/*.log "$run"/qp/*.log "$run"/qp/result "$records/failed-$1-$side" 2> /dev/null || true
}

# Both sides in turns, each fill; HOOK (if any) after each of afterimage's runs that went well.
series_alternate() { # series mode [hook]
    local number f s
    for f in $BENCH_FILLS; do
        for ((number = 1; number <= BENCH_RUNS; number++)); do
            for s in $BENCH_SIDES; do
                run_defaults
                mode=$2 fill=$f side=$s
                ck=$BENCH_CK_AFTERIMAGE
                [ "$s" != kdump ] || ck=$BENCH_CK_KDUMP
                series_run "$1" "$number"
                if [ -n "${3:-}" ] && [ "$s" = afterimage ] && [ "$verdict" = ok ]; then "$3" "$number"; fi
            done
        done
    done
}

# The host's own dd from the RAM file just dumped to a fresh disk file in the same folder.
rate_dd() { # number
    local from to
    rm -f "$run/dd.img"
    from=${EPOCHREALTIME/[.,]/}
    dd if="$run/qp/ram.img" of="$run/dd.img" bs=1M status=none
    to=${EPOCHREALTIME/[.,]/}
    record rate dd "$fill" "$1" ok "$(stat -c %s "$run/dd.img")" "$(run_seconds "$from" "$to")"
    say "dd: $(run_seconds "$from" "$to") s"
    rm -f "$run/dd.img"
}

series_disk() { series_alternate disk disk rate_dd; }

# A Linux guest that has not crashed, its tmpfs, sendfile(), the same NIC and tap device.
rate_sendfile() { # number
    run_defaults
    side=sendfile mode=tap ck=$BENCH_CK_AFTERIMAGE
    run_guest
    bytes=$(awk '$2 == "last" { n = $3 } END { print n }' "$run/events")
    complete=$(run_seconds "$(run_event first accept)" "$(run_event last last)")
    verdict=ok
    grep -aq 'bench: sendfile ends, status 0' "$run/events" || verdict=failed
    record rate sendfile dense "$1" "$verdict" "$bytes" "$complete"
    say "sendfile run $1: $verdict, ${bytes:--} bytes in ${complete:--} s"
}

series_tap() {
    local number
    series_alternate tap tap
    for ((number = 1; number <= BENCH_RUNS; number++)); do rate_sendfile "$number"; done
}

series_user() { series_alternate user user; }

series_dhcp() {
    local number
    for ((number = 1; number <= BENCH_RUNS; number++)); do
        run_defaults
        mode=user ip=dhcp ck=$BENCH_CK_AFTERIMAGE
        series_run dhcp "$number"
    done
}

# kdump as most people use it; afterimage has nothing to set against it until it filters and compresses.
series_filtered() {
    local number f m
    for m in disk tap; do
        for f in $BENCH_FILLS; do
            for ((number = 1; number <= BENCH_RUNS; number++)); do
                run_defaults
                side=kdump mode=$m what=d31l fill=$f ck=$BENCH_CK_KDUMP
                series_run "$m" "$number"
            done
        done
    done
}

# Times of the console lines between panic and first byte; printing them takes time of its own, so nothing else is taken from these runs.
series_phases() {
    local number m panic us text
    for m in disk tap dhcp; do
        for ((number = 1; number <= BENCH_RUNS; number++)); do
            run_defaults
            mode=$m ck=$BENCH_CK_AFTERIMAGE words=dump.log=debug
            [ "$m" != dhcp ] || { mode=user; ip=dhcp; }
            run_once
            say "phases $m run $number: $verdict"
            panic=$(run_event first console 'Kernel panic - not syncing')
            if [ -z "$panic" ] || [ "$verdict" != ok ]; then continue; fi
            record phase "$m" "$number" "$first" 'first byte on the host'
            while read -r us text; do
                record phase "$m" "$number" "$(run_seconds "$panic" "$us")" "$text"
            done < <(awk -v panic="$panic" '$2 == "console" && $1 >= panic && /afterimage: / { sub(/ console afterimage:/, ""); print }' "$run/events")
        done
    done
}

# --- sizes

header_number() { od -An -v -tu4 -j"$2" -N4 "$1" | tr -d ' '; } # file offset

series_size() {
    local s file
    for s in $BENCH_SIDES; do
        file=$work/afterimage
        [ "$s" != kdump ] || file=$vmlinuz
        record size "$s" "$(header_number "$file" 608)" "$(stat -c %s "$file")" # init_size of the boot protocol: 0x260
    done
}

series_memory() { "$bench_dir/memory" "$top_dir" "$programs" | while IFS=$'\t' read -r -a fields; do record memory "${fields[@]}"; done; }

# crashkernel_try KIB: is the dump complete with it?
crashkernel_try() {
    ck=${1}K
    run_once
    record crashkernel "$side" "$release" "$load" "$ram" "$cpu" "$1" "$verdict"
    say "crashkernel $side $release $load $ram MiB $cpu: ${ck}: $verdict"
    [ "$verdict" = ok ]
}

# The smallest that works, in steps, between a size taken to fail and one tried first.
crashkernel_bisect() { # low high step, KiB
    local low=$1 high=$2 step=$3 middle
    crashkernel_try "$high" || return 0
    # shellcheck disable=SC2017 # rounded down to a step on purpose
    while [ $((high - low)) -gt "$step" ]; do
        middle=$((low + (high - low + step) / (2 * step) * step))
        if crashkernel_try "$middle"; then high=$middle; else low=$middle; fi
    done
}

crashkernel_defaults() {
    run_defaults
    mode=tap sparse=yes keep_ram=no load=$1
}

series_crashkernel() {
    local kernel s l model
    for l in kexec_load kexec_file_load; do
        for kernel in $BENCH_CK_KERNELS; do
            session_kernel "$kernel"
            case " $BENCH_SIDES " in *" afterimage "*)
                crashkernel_defaults "$l"
                crashkernel_bisect 0 4096 256 ;; esac
            case " $BENCH_SIDES " in *" kdump "*)
                crashkernel_defaults "$l"
                side=kdump mode=disk
                crashkernel_bisect $((64 * 1024)) $((192 * 1024)) 4096 ;; esac
        done
        session_kernel 6.1
        # what the page tables of a large machine cost, with and without 1 GiB pages
        case " $BENCH_SIDES " in *" afterimage "*)
            for model in +pdpe1gb -pdpe1gb; do
                crashkernel_defaults "$l"
                ram=20480 run_limit=900 cpu=max,la57=off,$model
                crashkernel_bisect 0 4096 256
            done ;; esac
    done
}
