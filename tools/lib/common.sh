# SPDX-License-Identifier: GPL-2.0-or-later
# What every tool here shares: messages, the place of things, the download cache.
# shellcheck shell=bash disable=SC2034,SC2154

tools_dir=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
top_dir=$(dirname "$tools_dir")

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die STATUS MESSAGE
die() {
    local status=$1
    shift
    say "$*"
    exit "$status"
}

usage_error() { die 2 "$* (--help tells more)"; }

# built NAME: what make built, or, of an installed qemu-panic, what was installed with it.
built() {
    if [ -d "$top_dir/build" ]; then echo "$top_dir/build/$1"; elif [ -e "$top_dir/$1" ]; then echo "$top_dir/$1"; else command -v "$1"; fi
}

# need COMMAND GROUP: COMMAND must be there; `tools/deps GROUP` would install it.
need() {
    command -v "$1" > /dev/null || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] ||
        die 2 "$1 is not installed$([ ! -x "$tools_dir/deps" ] || echo "; run tools/deps $2")"
}

# The download cache, made when first asked for.
cache_dir() {
    local dir=${XDG_CACHE_HOME:-$HOME/.cache}/afterimage
    mkdir -p "$dir"
    echo "$dir"
}

# with_lock NAME COMMAND...: one process at a time, for all that share the cache.
with_lock() {
    local name=$1
    shift
    (
        flock 9
        "$@"
    ) 9> "$(cache_dir)/$name.lock"
}

# sha256_ok FILE SUM
sha256_ok() { echo "$2  $1" | sha256sum --check --status 2> /dev/null; }
