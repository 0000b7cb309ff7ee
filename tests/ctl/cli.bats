#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Help, version, exit statuses.
load helper

@test "every command has help and version" {
    run "$ctl" --help
    [ "$status" = 0 ]
    for command in $("$ctl" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
        output_has "  $command "
    done
    for command in $("$ctl" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
        run "$ctl" "$command" --help
        [ "$status" = 0 ]
        output_has "usage: afterimagectl $command"
        run "$ctl" "$command" --version
        [ "$status" = 0 ]
        [[ $output =~ ^afterimagectl\ [0-9] ]]
    done
    run "$ctl" --version
    [ "$status" = 0 ]
}

@test "wrong usage is exit status 2" {
    for words in "" "nonsense" "load x" "unload x" "check x" "shrink x" "save x" "format" "format a b" "format --what x" "extract x" "extract -o d" \
        "receive" "receive -o d x" "receive -o d --listen nowhere" "receive -o d --listen ::1:80" \
        "receive -o d --http nowhere" "receive -o d --max-rate 1K" "receive -o d --max-size 5%" "receive -o d --min-free x" "receive -o d --idle 0" \
        "repair x" "repair -o y" "verify" "verify --list l x" "verify --ram r --ram-split 5G x" \
        "verify --ram r --ram-split 0 x" "info" "info a b"; do
        run "$ctl" $words
        [ "$status" = 2 ] || {
            echo "$words: $status"
            return 1
        }
        [ -n "$output" ]
    done
}

@test "files that are not there or cannot be are exit status 1" {
    mkfifo pipe
    for words in "format none" "extract none -o d" "info none" "verify none" "repair none -o x" "format /dev/null" \
        "info /dev/null" "info /tmp"; do
        run "$ctl" $words
        [ "$status" = 1 ]
        [ -n "$output" ]
    done
}

@test "a full standard output is told" {
    truncate -s 4M a
    run bash -c "'$ctl' format a > /dev/full"
    [ "$status" = 1 ]
}
