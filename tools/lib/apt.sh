# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages without touching the host: a private apt state in the cache, made from the machine's own sources.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

# The machine's sources, binary and source, as one deb822 and one one-line file.
apt_write_sources() { # dir
    local file
    : > "$1/all.sources"
    : > "$1/all.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        # A blank line ends a stanza, a comment line does not; a disabled one, and one without binaries, is left out.
        awk '
            function flush() { if (binary && !off) print stanza; stanza = ""; binary = off = 0 }
            /^#/ { next }
            /^[ \t]*$/ { flush(); next }
            tolower($1) == "types:" { binary = / deb( |$)/; $0 = "Types: deb deb-src" }
            tolower($1) == "enabled:" { off = tolower($2) ~ /^(no|false|off|disable|0)/ }
            { stanza = stanza $0 "\n" }
            END { flush() }' "$file" >> "$1/all.sources"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] || continue
        sed -n 's/^[[:space:]]*deb[[:space:]]\{1,\}\(.*\)/deb \1\ndeb-src \1/p' "$file" >> "$1/all.list"
    done
}

# Make the private state and print its configuration file's name.
apt_config() {
    local dir
    dir=$(cache_dir)/apt
    if [ ! -e "$dir/apt.conf" ]; then
        mkdir -p "$dir/sources" "$dir/lists/partial" "$dir/cache/archives/partial"
        apt_write_sources "$dir/sources"
        cat > "$dir/apt.conf.new" << END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$dir/sources";
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "1";
END
        mv "$dir/apt.conf.new" "$dir/apt.conf"
    fi
    echo "$dir/apt.conf"
}

# apt_private PROGRAM ARGS...: apt-get or apt-cache on the private state.
apt_private() {
    local conf
    conf=$(apt_config)
    APT_CONFIG=$conf "$@"
}

# Fetch the lists anew. A foreign source without source packages makes apt complain: what counts is whether the package is
# found afterwards, so the complaint is only kept.
apt_refresh() {
    local dir
    command -v apt-get > /dev/null || die 1 "this needs Debian's apt-get"
    dir=$(cache_dir)/apt
    rm -f "$dir/apt.conf"
    apt_config > /dev/null
    say "fetching the package lists"
    apt_private apt-get -qq update > "$dir/update.log" 2>&1 || true
}

# apt_try COMMAND...: run it; should it fail, fetch the lists and run it once more.
apt_try() {
    local log
    log=$(cache_dir)/apt/try.log
    apt_config > /dev/null
    "$@" 2> "$log" && return
    apt_refresh
    "$@" && return
    cat "$(cache_dir)/apt/update.log" >&2
    return 1
}

# apt_fetch_deb DIR PACKAGE: the newest .deb, verified by apt, into DIR.
apt_fetch_deb() {
    mkdir -p "$1"
    (cd "$1" && apt_try apt_private apt-get -qq download "$2")
}

# apt_fetch_with_depends DIR PACKAGE: the same with every dependency that the host lacks; nothing is installed.
apt_fetch_with_depends() {
    local archives
    archives=$(cache_dir)/apt/cache/archives
    rm -f "$archives"/*.deb
    apt_try apt_private apt-get -qq install --yes --download-only --reinstall --no-install-recommends "$2" > /dev/null
    mkdir -p "$1"
    mv "$archives"/*.deb "$1"
}

# apt_fetch_source DIR NAME VERSION: the files of one source package, verified by apt, into DIR.
apt_fetch_source() {
    mkdir -p "$1"
    (cd "$1" && apt_try apt_private apt-get -qq source --download-only --only-source "$2=$3")
}
