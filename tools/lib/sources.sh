# SPDX-License-Identifier: GPL-2.0-or-later
# The pinned library sources of deps.lock: found, checked against their SHA-256, unpacked to build/deps/NAME.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh and lib/apt.sh.

# Print the checked tarball's path: from $DEPS_DIR (then nothing else is asked), else from the cache, else fetched.
source_tarball() { # name version file sha256
    local dir
    if [ -n "${DEPS_DIR:-}" ]; then
        [ -e "$DEPS_DIR/$3" ] || die 1 "DEPS_DIR: $DEPS_DIR/$3 is missing"
        sha256_ok "$DEPS_DIR/$3" "$4" || die 1 "$DEPS_DIR/$3 does not have the SHA-256 pinned in tools/deps.lock"
        echo "$DEPS_DIR/$3"
        return
    fi
    dir=$(cache_dir)/sources
    if ! sha256_ok "$dir/$3" "$4"; then
        command -v apt-get > /dev/null ||
            die 1 "no apt-get here: put $3 (Debian source package $1 $2) in a folder and name it with DEPS_DIR="
        say "fetching the source of $1 $2"
        rm -rf "$dir/$1.new"
        apt_fetch_source "$dir/$1.new" "$1" "$2" ||
            die 1 "Debian's archive does not offer $1 $2 here: put $3 in a folder and name it with DEPS_DIR="
        sha256_ok "$dir/$1.new/$3" "$4" || die 1 "what was fetched as $3 does not have the SHA-256 pinned in tools/deps.lock"
        mv "$dir/$1.new/$3" "$dir/$3"
        rm -rf "$dir/$1.new"
    fi
    echo "$dir/$3"
}

# Unpack one library, all or nothing; a stamp with the checksum makes the next time a no-op.
unpack_source() { # name version file sha256
    local dir=$top_dir/build/deps/$1 new=$top_dir/build/deps/.$1.new tarball
    [ "$(cat "$dir/.stamp" 2> /dev/null)" != "$4" ] || return 0
    tarball=$(source_tarball "$@")
    rm -rf "$new"
    mkdir -p "$new"
    tar -xf "$tarball" -C "$new" --strip-components=1
    echo "$4" > "$new/.stamp"
    rm -rf "$dir"
    mv "$new" "$dir"
    say "unpacked $1 $2 to build/deps/$1"
}

unpack_sources() {
    local name version file sum
    while read -r name version file sum; do
        case $name in '' | '#'*) continue ;; esac
        unpack_source "$name" "$version" "$file" "$sum"
    done < "$tools_dir/deps.lock"
}
