#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# receive as a service: limits, many at once, the index, the web page and the metrics.
load helper

send() { "$fixture" send "$port" "$@"; } # exit status 3: the receiver reset the connection
crowd=$BATS_TEST_DIRNAME/crowd.py

# start_service [OPTION...]: sets web, too.
start_service() {
    start_receiver --listen 127.0.0.1:0 --http 127.0.0.1:0 "$@"
    web=
    wait_for 5 has_web
}
has_web() {
    web=$(sed -n 's/.*web page on //p' receiver.log)
    [ -n "$web" ]
}

get() { curl -sS --fail --max-time 30 "$web$1"; }
status_of() { curl -sS --max-time 30 -o body -w '%{http_code}' --path-as-is "${@:2}" "$web$1"; }
metric() { get /metrics | sed -n "s/^afterimage_receiver_$1 //p"; } # name{labels}
metric_is() { [ "$(metric "$1")" = "$2" ]; }
reason_of_only() { json "$(only_dump)/info.json" reason; }

index_is_stored() { cmp -s <(get /index.json) in/index.json; } # the file follows, at its own pace

@test "the page, a dump with its log, the index" {
    need_fixtures flat-kernel elf log
    start_service
    get / > page
    grep -q 'None has come so far' page
    send "$fixtures/flat-kernel"
    head -c 2500000 "$fixtures/elf" > cut
    run send cut
    wait_for 10 dumps_ended 2
    get / > page
    grep -q '<b>1</b> complete' page
    grep -q '<b>1</b> not complete' page
    grep -q 'crashed-host' page
    grep -q 'BUG: kernel NULL pointer dereference' page
    grep -q 'cut: 2500000 bytes' page
    for dir in in/*/; do
        folder=$(basename "$dir")
        grep -q "href=\"/dump/$folder\"" page
        get "/dump/$folder" > dump
        grep -q '<dd>6.1.0-56-amd64</dd>' dump
        grep -q 'Kernel panic - not syncing: Fatal exception' dump
        cmp <(get "/dump/$folder/log") "$fixtures/log"
    done
    wait_for 5 index_is_stored
    python3 - in << 'END'
import json, os, sys
index = json.load(open(sys.argv[1] + "/index.json"))["dumps"]
assert len(index) == 2, index
for dump in index:
    info = json.load(open(f"{sys.argv[1]}/{dump['folder']}/info.json"))
    assert info == {k: v for k, v in dump.items() if k != "folder"}, (info, dump)
    assert os.path.getsize(f"{sys.argv[1]}/{dump['folder']}/{info['file']}") == info["stored_bytes"]
assert [d["complete"] for d in index] == [True, False], index
END
    stop_receiver
    [ "$receiver_status" = 0 ]
}

@test "a dump while it comes: bytes, how much of it" {
    need_fixtures flat-kernel elf
    start_service
    exec 9<> "/dev/tcp/127.0.0.1/$port" 8<> "/dev/tcp/127.0.0.1/$port"
    head -c $(($(stat -c %s "$fixtures/flat-kernel") * 2 / 3)) "$fixtures/flat-kernel" >&9
    head -c $(($(stat -c %s "$fixtures/elf") / 4)) "$fixtures/elf" >&8
    wait_for 10 metric_is 'connections{stage="streaming"}' 2
    sleep 0.3
    get / > page
    grep -q '<b>2</b> arriving' page
    grep -q '<b>25 %</b>' page
    [ "$(grep -c '<progress max="1" value="0\.[0-9]*">' page)" = 2 ]
    folder=$(basename "$(dirname in/*Z/vmcore.part)")
    get "/dump/$folder" | grep -q 'arriving'
    exec 9>&- 8>&-
    wait_for 10 dumps_ended 2
    stop_receiver
}

@test "what is asked for wrongly; nothing outside is shown" {
    need_fixtures elf
    start_service
    send "$fixtures/elf"
    wait_for 10 dumps_ended 1
    folder=$(basename "$(only_dump)")
    echo secret > in/secret
    mkdir -p in/other && echo secret > in/other/vmcore-dmesg.txt
    for path in /nothing /dump/ /dump/.. /dump/../secret /dump/%2e%2e/log /dump/other /dump/other/log "/dump/$folder/vmcore" \
        "/dump/$folder/../other/log" "/dump/$folder%2f..%2fother/log" //index.json "/dump/$(printf 'a%.0s' {1..3000})"; do
        [ "$(status_of "$path")" = 404 ]
        if grep -q secret body; then false; fi
    done
    for method in POST PUT DELETE OPTIONS TRACE; do
        [ "$(status_of / -X "$method")" = 405 ]
    done
    [ "$(status_of / -I)" = 200 ]
    [ "$(status_of "/$(printf 'a%.0s' {1..60000})")" != 200 ]
    curl -sSI "$web/" > headers
    grep -qi "^content-security-policy: default-src 'none'" headers
    grep -qi '^x-content-type-options: nosniff' headers
    python3 - "${web##*:}" << 'END'
import os, random, socket, sys
random.seed(7)
for i in range(300):  # noise, cut requests, endless headers: none of them answered with 200
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.settimeout(10)
    data = random.choice([
        random.randbytes(random.randrange(1, 4000)),
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * random.randrange(100000),
        b"GET /" + random.randbytes(40).replace(b"\n", b"") + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"])
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        answer = s.recv(65536)
        assert b" 200 " not in answer[:20], (data, answer)
    except OSError:  # reset
        pass
    s.close()
END
    get / | grep -q crashed-host
    stop_receiver
    [ "$receiver_status" = 0 ]
}

@test "hostile names and log lines are escaped" {
    "$fixture" elf x --nodename '<script>alert(1)</script>"&'
    printf '[    0.000000] Linux version <b>&amp;\n[    1.000000] Kernel panic - not syncing: <img src=x onerror="alert(1)">\n' > log
    start_service
    send x
    send log
    wait_for 10 dumps_ended 2
    for path in / $(cd in && for f in *Z*/; do echo "/dump/${f%/}"; done); do
        get "$path" > page
        if grep -E '<(script|img|b>&amp)|onerror="' page; then false; fi
    done
    get / | grep -q '&#60;script&#62;alert(1)'
    stop_receiver
}

@test "metrics: every one documented, values that are right" {
    need_fixtures elf
    start_service --min-free 1%
    send "$fixtures/elf"
    wait_for 10 metric_is 'dumps_total{result="complete"}' 1
    [ "$(metric received_bytes_total)" = "$(stat -c %s "$fixtures/elf")" ]
    [ "$(metric 'stored_dumps{complete="true"}')" = 1 ]
    [ "$(metric last_crash_timestamp_seconds)" = 1763779911 ]
    [ "$(metric disk_floor_bytes)" -gt 0 ]
    get /metrics > all
    for name in $(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' all); do
        grep -q "^# HELP $name ." all
        grep -q "$name" "$top/docs/receiver.md" || { echo "$name is not in docs/receiver.md"; false; }
    done
    if grep -vE '^# (HELP|TYPE) afterimage_receiver_|^afterimage_receiver_[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9]+$' all; then false; fi
    stop_receiver
}

@test "--max-size, --min-free, --idle: ended, kept, the reason told" {
    need_fixtures elf
    for limit in '--max-size 1M' '--min-free 100%' '--idle 1'; do
        start_service $limit
        if [ "$limit" = '--idle 1' ]; then
            exec 9<> "/dev/tcp/127.0.0.1/$port"
            head -c 500000 "$fixtures/elf" >&9
        else
            run send "$fixtures/elf"
            [ "$status" = 3 ]
        fi
        wait_for 10 dumps_ended 1
        exec 9>&-
        get /metrics | grep -E '^afterimage_receiver_cut_total.* 1$'
        stop_receiver
        [ -e "$(only_dump)/vmcore-incomplete" ]
        [[ $(reason_of_only) =~ 'larger than --max-size 1.0 MiB'|'disk is full: --min-free 100%'|'less than 1 MiB in 1 s' ]]
        rm -r in
    done
}

@test "--max-per-source: one too many is reset, a place that is free is taken" {
    need_fixtures elf
    start_service --max-per-source 2
    exec 9<> "/dev/tcp/127.0.0.1/$port" 8<> "/dev/tcp/127.0.0.1/$port"
    wait_for 10 metric_is 'connections{stage="silent"}' 2
    run send "$fixtures/elf"
    [ "$status" = 3 ]
    metric_is 'turned_away_total{reason="per_source"}' 1
    exec 9>&-
    wait_for 10 metric_is 'connections{stage="silent"}' 1
    send "$fixtures/elf"
    exec 8>&-
    stop_receiver
    [ -e "$(only_dump)/vmcore" ]
}

@test "--max-rate: a source is held back, its dump comes all the same" {
    need_fixtures elf
    start_service --max-rate 1M
    begun=$(date +%s%N)
    send "$fixtures/elf"
    took=$((($(date +%s%N) - begun) / 1000000))
    stop_receiver
    cmp "$(only_dump)/vmcore" "$fixtures/elf"
    echo "$took ms"
    ((took > 2000)) # 3.7 MiB, the first of them at once
}

@test "--max-streams: those beyond wait, and are taken" {
    need_fixtures elf
    start_service --max-streams 3
    "$crowd" send "$port" 12 "$fixtures/elf"
    wait_for 30 dumps_ended 12
    [ "$(metric connections_max)" = 3 ]
    stop_receiver
    cmp <("$crowd" stored in | sort) <(sort sent.txt)
}

@test "five hundred at once, nothing lost" {
    "$fixture" elf small --mib 3
    start_service
    "$crowd" send "$port" 500 small
    wait_for 60 dumps_ended 500
    metric_is 'dumps_total{result="complete"}' 500
    stop_receiver
    [ "$receiver_status" = 0 ]
    [ "$(sort -u sent.txt | wc -l)" = 500 ]
    cmp <("$crowd" stored in | sort) <(sort sent.txt)
    [ "$(python3 -c 'import json; print(len(json.load(open("in/index.json"))["dumps"]))')" = 500 ]
}

@test "three thousand that say nothing do not keep a good one out" {
    need_fixtures elf
    for limit in '' '--max-streams 1000'; do
        start_service $limit
        coproc "$crowd" idle "$port" 3000
        read -r _ <&"${COPROC[0]}"
        send "$fixtures/elf"
        eval "exec ${COPROC[1]}>&-"
        wait "$COPROC_PID" || true
        wait_for 10 dumps_ended 1
        [ -z "$limit" ] || [ "$(metric 'turned_away_total{reason="silent"}')" -gt 1000 ]
        stop_receiver
        cmp "$(only_dump)/vmcore" "$fixtures/elf"
        rm -r in
    done
}

stopped_settler() { # catches it before it is done: sets caught
    local children
    read -r children < "/proc/$receiver/task/$receiver/children" || true
    caught=${children%% *}
    [ -n "$caught" ] && kill -STOP "$caught"
}

@test "a dump whose check takes long does not hold up the others; one whose check dies is kept" {
    need_fixtures elf
    "$fixture" zlib large --mib 96
    start_service
    send large &
    sender=$!
    end=$((SECONDS + 60))
    until stopped_settler; do ((SECONDS < end)); done
    send "$fixtures/elf"
    dumps_ended 1
    get / | grep -q 'being checked'
    kill -9 "$caught"
    wait_for 10 dumps_ended 2
    rc=0
    wait "$sender" || rc=$?
    [ "$rc" = 3 ]
    dir=$(dirname in/*/vmcore-incomplete)
    cmp "$dir/vmcore-incomplete" large
    [[ $(json "$dir/info.json" reason) == *'that checked it died'* ]]
    [ -z "$(ls in/*/*.part 2> /dev/null)" ]
    stop_receiver
}

@test "a receiver that was killed: the next one lists what is there, and what was removed no more" {
    need_fixtures elf
    start_service
    send "$fixtures/elf"
    wait_for 10 dumps_ended 1
    gone=$(only_dump)
    exec 9<> "/dev/tcp/127.0.0.1/$port"
    head -c 1000000 "$fixtures/elf" >&9
    wait_for 10 metric_is 'connections{stage="streaming"}' 1
    kill -9 "$receiver"
    wait "$receiver" || true
    exec 9>&-
    echo '{' > in/index.json
    mkdir in/not-ours
    mkdir in/odd in/deep in/list in/$'\xff'
    echo '{"nodename": 5, "bytes": -1, "seconds": "x", "complete": "yes", "folder": "../in/not-ours"}' > in/odd/info.json
    cp in/odd/info.json in/$'\xff/'
    echo '[1]' > in/list/info.json
    printf '[%.0s' {1..60000} > in/deep/info.json
    echo secret > in/not-ours/vmcore-dmesg.txt
    start_service
    get / > page
    grep -q '/dump/odd' page
    if grep -qE '/dump/(deep|list|not-ours|\.\.)' page; then false; fi
    [ "$(status_of /dump/odd/log)" = 404 ]
    rm -r in/odd in/deep in/list in/$'\xff'
    grep -q 'the receiver was killed in the middle of it' page
    grep -q '<b>1</b> complete' page
    get /index.json | grep -q crashed-host
    stop_receiver
    rm -r "$gone"
    start_service
    [ "$(get /index.json | grep -c '"folder"')" = 1 ]
    stop_receiver
    [ "$(grep -c '"folder"' in/index.json)" = 1 ]
}
