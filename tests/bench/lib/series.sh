# SPDX-License-Identifier: GPL-2.0-or-later
# The series of a session: which runs there are, and what is recorded of each.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/run.sh.

# What was said in a failed run is kept.
run_keep_failed() { # name
    rm -rf "$records/failed-$1"
    mkdir -p "$records/failed-$1"
    cp "$run/events" "$run"/*.log "$run"/qp/*.log "$run"/qp/result "$records/failed-$1" 2> /dev/null || true
}

# One run of $side, recorded and told.
series_run() { # series number
    run_once
    record dump "$1" "$side" "$what" "$fill" "$2" "$verdict" "$entry" "$first" "$complete" "$bytes" "$zero_share" "$others"
    say "$1 $side $what $fill run $2: $verdict, entry ${entry:--} s, first byte ${first:--} s, complete ${complete:--} s," \
        "${bytes:--} bytes, ${zero_share:--} % zero, others used $others cores"
    [ "$verdict" = ok ] || run_keep_failed "$1-$side"
}

# What a setting is for one series: BENCH_RUNS_USER before BENCH_RUNS.
setting() { # name series
    local special=${1}_${2^^}
    echo "${!special:-${!1}}"
}

# Both sides in turns, each fill; HOOK (if any) after each of afterimage's runs that went well.
series_alternate() { # series mode [hook]
    local number f s runs
    runs=$(setting BENCH_RUNS "$1")
    for f in $(setting BENCH_FILLS "$1"); do
        for ((number = 1; number <= runs; number++)); do
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
    local number runs
    series_alternate tap tap
    runs=$(setting BENCH_RUNS tap)
    for ((number = 1; number <= runs; number++)); do rate_sendfile "$number"; done
}

series_user() { series_alternate user user; }

series_dhcp() {
    local number runs
    runs=$(setting BENCH_RUNS dhcp)
    for ((number = 1; number <= runs; number++)); do
        run_defaults
        mode=user ip=dhcp ck=$BENCH_CK_AFTERIMAGE
        series_run dhcp "$number"
    done
}

# --- what kdump is used for most: level 31, lzo

# One run of $side, recorded and told.
filtered_run() { # number
    run_once
    record filtered "$mode" "$side" "$ram" "$fill" "$1" "$verdict" "$entry" "$first" "$complete" "$bytes" "$kept" "$content" "$tenth" "$ninth" "$others"
    say "filtered $mode $side $ram MiB $fill run $1: $verdict, entry ${entry:--} s, first byte ${first:--} s, complete ${complete:--} s," \
        "${bytes:--} bytes, ${kept:--} pages, 10 % at ${tenth:--} s, 90 % at ${ninth:--} s, others used $others cores"
    [ "$verdict" = ok ] || run_keep_failed "filtered-$mode-$side"
}

# makedumpfile on the host, on the RAM that afterimage has just dumped: what it keeps of the very same memory.
filtered_same_ram() { # number
    local theirs their_bytes
    if ! "$top_dir/tests/oracle/raw-elf" "$run/qp/ram.img" "$run/same.elf" > "$run/same.log" 2>&1 ||
        ! makedumpfile -F -l -d 31 "$run/same.elf" > "$run/same" 2>> "$run/same.log"; then
        say "makedumpfile on the same RAM: $(tail -n 1 "$run/same.log")"
        return
    fi
    rm "$run/same.elf"
    read -r theirs their_bytes < <("$programs/kdump_pages" "$run/same")
    record same "$ram" "$fill" "$1" "$kept" "$bytes" "$theirs" "$their_bytes"
    say "same RAM, $ram MiB $fill: afterimage $kept pages in $bytes bytes, makedumpfile $theirs in $their_bytes"
    rm "$run/same"
}

# BENCH_FILTERED: MIB[:RUNS]... A machine whose RAM and dump do not fit here twice is left out.
series_filtered() {
    local spec size runs number m f s room
    for spec in $BENCH_FILTERED; do
        size=${spec%:*} runs=$(setting BENCH_RUNS filtered)
        [ "$spec" = "$size" ] || runs=${spec#*:}
        room=$(df --output=avail -m "$work" | tail -n 1)
        if [ "$room" -lt $((size * 2)) ]; then
            say "filtered: no room for $size MiB"
            continue
        fi
        for m in $BENCH_FILTERED_MODES; do
            for f in $(setting BENCH_FILLS filtered); do
                for ((number = 1; number <= runs; number++)); do
                    for s in $BENCH_SIDES; do
                        run_defaults
                        mode=$m what=d31l fill=$f side=$s ram=$size ck=$BENCH_CK_AFTERIMAGE
                        [ "$f" != dense ] || fill=kernel
                        run_limit=$((BENCH_TIMEOUT + ram / 8)) # 8 GiB of kernel memory take makedumpfile ten minutes
                        [ "$s" != kdump ] || ck=$BENCH_CK_KDUMP
                        [ "$ram" -le 2048 ] || keep_ram=no # the file would take as much memory again
                        filtered_run "$number"
                        if [ "$m-$s-$number-$keep_ram-$verdict" = tap-afterimage-1-yes-ok ]; then filtered_same_ram "$number"; fi
                    done
                done
            done
        done
    done
}

# Times of the console lines between panic and first byte; printing them takes time of its own, so nothing else is taken from these runs.
series_phases() {
    local number runs m panic us text
    runs=$(setting BENCH_RUNS phases)
    for m in disk tap dhcp; do
        for ((number = 1; number <= runs; number++)); do
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

# The image with one codec only, built in a copy of the tree, since build/ holds the one with all of them.
size_build_lzo() {
    local tree=$work/lzo
    mkdir -p "$tree/build"
    tar -C "$top_dir" -c --exclude=./build --exclude=./.git . | tar -C "$tree" -x
    ln -s "$(realpath "$top_dir/build/deps")" "$tree/build/deps"
    cp -a "$top_dir/build/uapi" "$tree/build/uapi"
    touch "$tree/build/deps.stamp"
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$tree" CODECS=lzo build/afterimage > "$work/lzo.log" 2>&1
}

size_record() { # side file
    record size "$1" "$(header_number "$2" 608)" "$(stat -c %s "$2")" # init_size of the boot protocol: 0x260
}

series_size() {
    case " $BENCH_SIDES " in *" kdump "*) size_record kdump "$vmlinuz" ;; esac
    case " $BENCH_SIDES " in *" afterimage "*)
        size_record afterimage "$work/afterimage"
        if size_build_lzo; then
            size_record afterimage-lzo "$work/lzo/build/afterimage"
        else
            say "make CODECS=lzo: $(grep -m 1 -E 'ld: |error' "$work/lzo.log" || tail -n 1 "$work/lzo.log")"
        fi ;; esac
}

series_memory() { "$bench_dir/memory" "$top_dir" "$programs" | while IFS=$'\t' read -r -a fields; do record memory "${fields[@]}"; done; }

# The filter on a machine of BENCH_SIM TiB that is only simulated: its lines WHAT, UNIT, VALUE.
series_sim() {
    "$top_dir/tests/sim/run" "$BENCH_SIM" 2> "$work/sim.log" | while IFS=$'\t' read -r -a fields; do record sim "${fields[@]}"; done ||
        say "sim: $(tail -n 1 "$work/sim.log")"
}

# crashkernel_try KIB: is the dump complete with it?
crashkernel_try() {
    ck=${1}K
    run_once
    record crashkernel "$side" "$release" "$load" "$ram" "$cpu" "$1" "$verdict"
    say "crashkernel $side $release $load $ram MiB $cpu: ${ck}: $verdict"
    [ "$verdict" = ok ]
}

# The smallest size that worked when the same was last looked for, in any session: of this release, else of another.
crashkernel_known() {
    [ ! -e "$records/crashkernel.tsv" ] || awk -F '\t' -v side="$side" -v release="$release" -v load="$load" '
        $3 == side && $5 == load && $9 == "ok" {
            if ($1 != session[$4] || $8 < least[$4]) least[$4] = $8
            session[$4] = $1
            any = least[$4]
        }
        END { if (any) print (release in least) ? least[release] : any }' "$records/crashkernel.tsv"
}

# From what is known up until it works, or down until it fails: two runs show that it still holds.
crashkernel_near() { # known low high step, KiB
    local size=$1 low=$2 high=$3 step=$4
    if crashkernel_try "$size"; then
        while [ $((size -= step)) -gt "$low" ] && crashkernel_try "$size"; do :; done
    else
        while [ $((size += step)) -le "$high" ] && ! crashkernel_try "$size"; do :; done
    fi
}

# The smallest that works, in steps, between a size taken to fail and one that should do.
crashkernel_search() { # low high step, KiB
    local low=$1 high=$2 step=$3 middle known
    known=$(crashkernel_known)
    if [ -n "$known" ]; then
        crashkernel_near "$known" "$@"
        return
    fi
    crashkernel_try "$high" || return 0
    # shellcheck disable=SC2017 # rounded down to a step on purpose
    while [ $((high - low)) -gt "$step" ]; do
        middle=$((low + (high - low + step) / (2 * step) * step))
        if crashkernel_try "$middle"; then high=$middle; else low=$middle; fi
    done
}

crashkernel_defaults() {
    run_defaults
    mode=tap sparse=yes keep_ram=no prealloc=no load=$1
}

series_crashkernel() {
    local kernel s l model
    for l in kexec_load kexec_file_load; do
        for kernel in $BENCH_CK_KERNELS; do
            session_kernel "$kernel"
            case " $BENCH_SIDES " in *" afterimage "*)
                crashkernel_defaults "$l"
                crashkernel_search 0 4096 256 ;; esac
            case " $BENCH_SIDES " in *" kdump "*)
                crashkernel_defaults "$l"
                side=kdump mode=disk
                crashkernel_search $((64 * 1024)) $((192 * 1024)) 4096 ;; esac
        done
        session_kernel 6.1
        # what the page tables of a large machine cost, with and without 1 GiB pages
        case " $BENCH_SIDES " in *" afterimage "*)
            for model in +pdpe1gb -pdpe1gb; do
                crashkernel_defaults "$l"
                ram=20480 run_limit=900 cpu=max,la57=off,$model
                crashkernel_search 0 4096 256
            done ;; esac
    done
}
