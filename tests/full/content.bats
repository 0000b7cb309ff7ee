# SPDX-License-Identifier: GPL-2.0-or-later
# What dumps hold: kernels x levels x codecs x readers, all of one crash for each kernel.

load ../qemu/lib
load ../qemu/content

setup_file() { crashes_begin; }
teardown_file() { crashes_end; }
setup() { :; }
teardown() { :; }

# dumped FORMAT LEVEL CODEC: once more, held against makedumpfile.
dumped() {
    echo "$1, level $2, $3"
    again -- "dump.format=$1" "dump.level=$2" "dump.compress=$3"
    content_is_true "$out/again/vmcore" "$1" "$2" "$3"
}

levels() {
    local level
    for level in 0 1 3 7 15 31; do dumped kdump "$level" lzo; done
    for level in 1 3 7 15 31; do dumped elf "$level" none; done
}

codecs() {
    local codec
    for codec in zstd zlib none; do dumped kdump 31 "$codec"; done
    dumped kdump 1 zstd
    dumped kdump 1 zlib
}

# Every reader on one more dump.
readers() { # codec
    again -- dump.format=kdump "dump.compress=$1"
    crash_says $'log\nbt\nbt -a\nps\nkmem -i\nmod\nvm' "$out/again/vmcore"
    "$oracle/libkdumpfile-reads" "$out/entry.img" "$out/again/vmcore"
    log_is_in "$out/again/vmcore"
    "$MAKEDUMPFILE" -R "$out/rearranged" < "$out/again/stream" > "$out/judged.log" 2>&1
    cmp "$out/rearranged" "$out/again/vmcore"
    "$MAKEDUMPFILE" -l -d 31 "$out/again/vmcore" "$out/refiltered" > "$out/judged.log" 2>&1
    content_is_true "$out/refiltered" kdump 31 lzo
    rm -f "$out/rearranged" "$out/refiltered"
}


# cuts_open [CRASH_OPTION]: the option is for a tenth, where it may want what has not come yet (docs/formats.md).
cuts_open() {
    local part
    for part in 90 50; do cut_opens "$part"; done
    cut_opens 10 "$@"
}

bookworm() { crashed 6.1 --dbg --; }
security() { crashed 6.12 --release 6.12 --dbg --; }
cloud() { crashed 6.12-cloud --release 6.12 --flavour cloud-amd64 --; }
oldest() { crashed 5.10 --suite bullseye --release 5.10 --dbg --; }
newest() { crashed newest --suite sid --dbg --; }
rt() { crashed 6.1-rt --flavour rt-amd64 -- --smp 4 --panic-cpu 3; }

@test "6.1: all levels" { bookworm; levels; }
@test "6.1: all codecs" { bookworm; codecs; }
@test "6.1: readers, lzo" { bookworm; readers lzo; }
@test "6.1: readers, zstd" { bookworm; readers zstd; }
@test "6.1: readers, zlib" { bookworm; readers zlib; }
@test "6.1: readers, no compression" { bookworm; readers none; }
@test "6.1: drgn, each codec" {
    local codec
    bookworm
    for codec in lzo zstd zlib none; do
        again -- "dump.compress=$codec"
        drgn_says "$out/again/vmcore"
    done
}
@test "6.1: a stream cut at 10, 50 and 90 % is opened by crash" { bookworm; again --; cuts_open; }

@test "6.12: all levels" { security; levels; }
@test "6.12: all codecs" { security; codecs; }
@test "6.12: readers, lzo" { security; readers lzo; }
@test "6.12: readers, zstd" { security; readers zstd; }

@test "6.12: a stream cut at 10, 50 and 90 % is opened by crash" { security; again --; cuts_open --zero_excluded; }

@test "5.10: all levels" { oldest; levels; }
@test "5.10: all codecs" { oldest; codecs; }
@test "5.10: readers, lzo" { oldest; readers lzo; }
@test "5.10: a stream cut at 10, 50 and 90 % is opened by crash" { oldest; again --; cuts_open --zero_excluded; }

@test "the newest of Debian unstable: all levels" { newest; levels; }
@test "the newest of Debian unstable: all codecs" { newest; codecs; }
@test "the newest of Debian unstable: readers, lzo" { newest; readers lzo; }
@test "the newest of Debian unstable: a stream cut at 10, 50 and 90 % is opened by crash" { newest; again --; cuts_open --zero_excluded; }

@test "6.12 cloud flavour: all levels" { cloud; levels; }
@test "6.1 rt flavour, 4 CPUs: all levels" { rt; levels; }
