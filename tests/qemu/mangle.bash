# SPDX-License-Identifier: GPL-2.0-or-later
# One frozen crash whose memory and devices are spoilt by seed (tests/oracle/mangle). Needs lib.bash.
# shellcheck shell=bash disable=SC2154 # lib.bash and bats set them

mangled() { # first-seed runs [mangle-option...]
    frozen_guest --ram 256 --append dump.format=kdump
    [ "$status" -eq 0 ]
    rm -f "$out/ram.img"
    "$top/tests/oracle/mangle" --first "$1" --runs "$2" "${@:3}" "$out" "$out/runs"
}
