# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages without touching the host: a private apt state in the cache, made from the machine's own sources.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

# Another suite of the machine's own mirror, in a state of its own that knows of nothing installed;
# empty: the machine's suites.
apt_suite=

apt_dir() { echo "$(cache_dir)/apt${apt_suite:+-$apt_suite}"; }

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
    [ -z "$apt_suite" ] || apt_change_suite "$1"
}

# Of those sources only the distribution's main archive, and apt_suite in place of its suite.
apt_change_suite() { # dir
    local own
    own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    awk -v own="$own" -v suite="$apt_suite" '
        function flush() { if (main) print stanza; stanza = ""; main = 0 }
        /^$/ { flush(); next }
        tolower($1) == "suites:" { for (i = 2; i <= NF; i++) main += $i == own || $i ~ /^(old)?stable$/; $0 = "Suites: " suite }
        tolower($1) == "types:" { $0 = "Types: deb" }
        { stanza = stanza $0 "\n" }
        END { flush() }' "$1/all.sources" > "$1/suite.sources"
    sed -nE "s/^(deb +(\\[[^]]*\\] +)?[^ ]+) +($own|stable|oldstable) /\1 $apt_suite /p" "$1/all.list" > "$1/suite.list"
    rm "$1/all.sources" "$1/all.list"
}

# Make the private state and print its configuration file's name.
apt_config() {
    local dir
    dir=$(apt_dir)
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
        [ -z "$apt_suite" ] || apt_forget_host "$dir"
        mv "$dir/apt.conf.new" "$dir/apt.conf"
    fi
    echo "$dir/apt.conf"
}

# A state in which nothing is installed but perl, which programs name for scripts that are not wanted here.
apt_forget_host() { # dir
    printf '%s\n' 'Package: perl' 'Status: install ok installed' 'Version: 999' 'Architecture: amd64' 'Multi-Arch: allowed' \
        'Maintainer: none' 'Description: none' '' > "$1/status"
    echo "Dir::State::status \"$1/status\";" >> "$1/apt.conf.new"
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
    dir=$(apt_dir)
    rm -f "$dir/apt.conf"
    apt_config > /dev/null
    say "fetching the package lists"
    apt_private apt-get -qq update > "$dir/update.log" 2>&1 || true
}

# apt_try COMMAND...: run it; should it fail, fetch the lists and run it once more.
apt_try() {
    local log
    log=$(apt_dir)/try.log
    apt_config > /dev/null
    "$@" 2> "$log" && return
    apt_refresh
    "$@" && return
    cat "$(apt_dir)/update.log" >&2
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
    archives=$(apt_dir)/cache/archives
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
