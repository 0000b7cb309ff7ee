#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Why the last dump failed, out of dump areas; pstore and CMOS RAM belong to the machine: tests/qemu/reason.bats.
load helper

words=$'afterimage 0.1.0 crash=1795340108 release=6.1.0-56-amd64 failures=3
failed tcp://192.0.2.1:7 phase=open errno=110 accepted=0 settled=0 after=30.016
reason no answer from 192.0.2.1:7 in 30 s
device TCP closed, error 110, 0 of 0 bytes acknowledged; virtio-net 0000:00:01.0: status 0xf, link up
failed disk:5a452a87-d355-4324-b28e-f0af7c2db4e3 phase=data errno=5 accepted=60000000 settled=54757017 after=41.500
reason ahci 0000:00:1f.2 port 5: cannot write: error 5 "\x1b[31m"
'

area_with_words() { # [OPTION of fixture.py put...]
    truncate -s 16M area
    "$ctl" format area > uuid
    "$fixture" put area --state 0 --failure "$words" "$@"
}

# What this machine has of its own is not of this test.
found() { python3 -c "import json; print([f for f in json.load(open('found.json'))['last_failures'] if f['where'] == 'dump area area']$1)"; }

@test "in words" {
    area_with_words
    run "$ctl" status area
    echo "$output"
    [ "$status" = 0 ]
    output_has 'last failure: dump area area'
    output_has 'crash of 2026-11-22T09:35:08Z, kernel 6.1.0-56-amd64, afterimage 0.1.0'
    output_has 'target tcp://192.0.2.1:7 failed in phase open (Connection timed out):'
    output_has 'no answer from 192.0.2.1:7 in 30 s'
    output_has '60000000 bytes handed over, 54757017 of them settled'
    output_has 'cannot write: error 5 "?[31m"'
    output_has 'and 1 more'
}

@test "as JSON" {
    area_with_words
    "$ctl" status --json area > found.json
    [ "$(found '[0]["release"]')" = 6.1.0-56-amd64 ]
    [ "$(found '[0]["targets"][1]["settled"]')" = 54757017 ]
    [ "$(found '[0]["targets"][1]["phase"]')" = data ]
    [ "$(found '[0]["targets"][1]["device"]')" = None ]
    [ "$(found '[0]["targets"][0]["after_seconds"]')" = 30.016 ]
    [ "$(found '[0]["failures"]')" = 3 ]
}

@test "--clear takes the words out of the area and leaves all else" {
    need_fixtures elf
    area_with_words --state 2 --vmcore "$fixtures/elf"
    "$ctl" status --clear area > /dev/null
    "$ctl" status --json area > found.json
    [ "$(found '')" = '[]' ]
    "$ctl" extract area -o dir
    cmp dir/vmcore "$fixtures/elf"
    [ ! -e dir/failure.txt ]
}

@test "extract stores them beside the dump" {
    need_fixtures elf
    area_with_words --state 2 --vmcore "$fixtures/elf"
    "$ctl" extract area -o dir
    cmp dir/failure.txt <(printf %s "$words")
    cmp dir/vmcore "$fixtures/elf"
}

@test "an empty area that has only them: extract says where to ask" {
    area_with_words
    run "$ctl" extract area -o dir
    [ "$status" = 1 ]
    output_has 'afterimagectl status'
}

@test "no area, no words, words that are none" {
    truncate -s 16M area
    run "$ctl" status area
    [ "$status" = 1 ]
    output_has 'no dump area'
    "$ctl" format --force area > uuid
    "$ctl" status --json area > found.json
    [ "$(found '')" = '[]' ]
    "$fixture" put area --state 0 --failure 'something else'
    "$ctl" status --json area > found.json
    [ "$(found '')" = '[]' ]
    "$fixture" put area --state 0 --failure $'afterimage \nfailed\nreason\nfailed x phase=\nfailed y after=1.x errno=-5\nreason'
    "$ctl" status --json area > found.json
    [ "$(found '[0]["targets"][1]["target"]')" = x ] || [ "$(found '[0]["targets"][0]["target"]')" = x ]
    run "$ctl" status area other
    [ "$status" = 2 ]
    run "$ctl" status nowhere
    [ "$status" = 1 ]
}
