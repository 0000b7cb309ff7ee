# SPDX-License-Identifier: GPL-2.0-or-later
# What a bzImage says of itself, and its kernel taken out of it.
# shellcheck shell=bash disable=SC2034,SC2154
# Needs lib/common.sh.

bz_number() { od -An -v "-tu$3" "-j$2" "-N$3" "$1" | tr -d ' '; } # file offset bytes

bz_valid() { [ "$(dd if="$1" bs=1 skip=514 count=4 2> /dev/null)" = HdrS ]; }

# bz_vmlinux FILE OUT: the ELF kernel inside, by payload_offset and payload_length of the boot protocol (2.08).
# The payload's last four bytes are its unpacked length.
bz_vmlinux() {
    local setup offset length unpack
    setup=$((($(bz_number "$1" 497 1) + 1) * 512))
    offset=$(bz_number "$1" 584 4)
    length=$(bz_number "$1" 588 4)
    case $(od -An -v -tx1 "-j$((setup + offset))" -N4 "$1" | tr -d ' ') in
        1f8b*) unpack=(gzip -dc) ;;
        fd37*) unpack=(xz -dc --single-stream) ;;
        28b52ffd) unpack=(zstd -qdc) ;;
        0221*) unpack=(lz4 -dc) ;;
        425a*) unpack=(bzip2 -dc) ;;
        5d00*) unpack=(xz --format=lzma -dc) ;;
        *) return 1 ;;
    esac
    need "${unpack[0]}" demo
    tail -c "+$((setup + offset + 1))" "$1" | head -c "$((length - 4))" | "${unpack[@]}" > "$2"
    [ "$(head -c 4 "$2" | tail -c 3)" = ELF ]
}
