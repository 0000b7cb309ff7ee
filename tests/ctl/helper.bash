# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of afterimagectl share. Fixtures are made once for each file of tests.
top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
ctl=${AFTERIMAGECTL:-$top/build/afterimagectl}
fixture=$BATS_TEST_DIRNAME/fixture.py

need_fixtures() { # kind...
    local kind
    for kind in "$@"; do
        [ -e "$BATS_FILE_TMPDIR/$kind" ] || "$fixture" "$kind" "$BATS_FILE_TMPDIR/$kind"
    done
    fixtures=$BATS_FILE_TMPDIR
}

output_has() { # text
    [[ $output == *"$1"* ]] || {
        printf 'no "%s" in:\n%s\n' "$1" "$output" >&2
        return 1
    }
}

# start_receiver [OPTION...]: into $BATS_TEST_TMPDIR/in; sets receiver and port.
start_receiver() {
    local tries
    rm -f receiver.out receiver.log
    : > receiver.log
    : > receiver.out
    "$ctl" receive -o in "$@" >> receiver.out 2>> receiver.log 3>&- &
    receiver=$!
    for ((tries = 0; tries < 100; tries++)); do
        port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' receiver.log)
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    cat receiver.log >&2
    return 1
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

dumps_ended() { [ "$(wc -l < receiver.out)" -ge "$1" ]; } # number

stop_receiver() { # sets receiver_status
    kill "$receiver" 2> /dev/null || true
    receiver_status=0
    wait "$receiver" || receiver_status=$?
    receiver=
}

# The folder of the only dump there is.
only_dump() {
    local all=(in/*/)
    [ ${#all[@]} = 1 ] && echo "${all[0]%/}"
}

json() { # file key
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"
}

setup() { cd "$BATS_TEST_TMPDIR" || return; }

teardown() {
    [ -z "${receiver:-}" ] || kill -9 "$receiver" 2> /dev/null || true
    [ -z "${loop:-}" ] || losetup -d "$loop" 2> /dev/null || true
}
