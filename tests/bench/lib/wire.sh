# SPDX-License-Identifier: GPL-2.0-or-later
# Throughput against loss: afterimage's TCP and Linux's, natively, over the same bad wire (tests/wire), to the same receiver.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/run.sh.

# MiB that take some seconds of a wire that loses so much, by what its round trip is.
wire_mib() { # loss delay
    case $1-$2 in
        0-0 | 0.01-0) echo 256 ;;
        0.1-0 | 0-* | 0.01-*) echo 64 ;;
        1-0) echo 32 ;;
        5-0 | 0.1-*) echo 16 ;;
        1-*) echo 8 ;;
        *) echo 2 ;;
    esac
}

# Seconds from the connection to the receiver's end of it, to standard output.
wire_send() { # side MIB
    local from
    if [ "$1" = afterimage ]; then
        in_lab timeout "$BENCH_TIMEOUT" "$wire_programs/sender" --mib "$2" --seconds ws \
            'ip=10.9.0.2::::::off dump.to=tcp://10.9.0.1:7117' > "$out/sender.txt" || return 1
        sed -n 's/^seconds //p' "$out/sender.txt"
        return
    fi
    truncate -s "$2M" "$out/file"
    from=${EPOCHREALTIME/[.,]/}
    in_peer timeout "$BENCH_TIMEOUT" "$programs/sendfile" 10.9.0.1 7117 "$out/file" cubic >&2 || return 1
    run_seconds "$from" "${EPOCHREALTIME/[.,]/}"
}

wire_run() { # side loss delay run
    local mib seconds
    mib=$(wire_mib "$2" "$3")
    lab_up --seed "$4" --lose "$2" --delay "$3"
    run_pids=${lab_pids[*]}
    [ "$1" = afterimage ] || lab_linux
    leashed nsenter -t "$lab_pid" -n sh -c 'nc -l 10.9.0.1 7117 < /dev/null > /dev/null' &
    lab_pids+=($!)
    until in_lab grep -q ':1BCD 00000000:0000 0A' /proc/net/tcp; do sleep 0.02; done
    verdict=ok
    seconds=$(wire_send "$1" "$mib") || verdict='not complete'
    lab_down
    record wire "$1" "$2" "$3" "$4" "$verdict" $((mib << 20)) "$seconds"
    say "wire $1, $2 % lost, $3 ms each way, run $4: $verdict, $mib MiB in ${seconds:--} s"
}

series_wire() {
    local top=$top_dir out=$work/wire number loss delay s
    mkdir -p "$out"
    record machine 'load average before the series wire' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    . "$top_dir/tests/wire/lab.bash"
    for delay in 0 5; do
        for loss in 0 0.01 0.1 1 5; do
            for ((number = 1; number <= $(setting BENCH_RUNS wire); number++)); do
                for s in afterimage linux; do wire_run "$s" "$loss" "$delay" "$number"; done
            done
        done
    done
    rm -rf "$out"
}
