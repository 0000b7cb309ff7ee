#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The receiver's page in a browser.
load ../ctl/helper
fixture=$BATS_TEST_DIRNAME/../ctl/fixture.py

browse() { # url [option...]: the document as the browser has it
    timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --window-size="${size:-1000,900}" \
        --virtual-time-budget=1000 "${@:2}" "$1" 2>> chromium.log 3>&-
}

# WIDTH COLOUR of a picture's first pixel, whose value no PNG filter changes.
corner() { # png
    python3 - "$1" << 'END'
import struct, sys, zlib
data, at, idat = open(sys.argv[1], "rb").read(), 8, b""
while at < len(data):
    n, kind = struct.unpack_from(">I4s", data, at)
    if kind == b"IHDR":
        width, _, depth, colour = struct.unpack_from(">IIBB", data, at + 8)
    idat += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
    at += 12 + n
assert depth == 8 and colour in (2, 6)
print(width, zlib.decompress(idat)[1:4].hex())
END
}

@test "the page, and a dump's, in Chromium" {
    command -v chromium > /dev/null || skip "no chromium (tools/deps web)"
    need_fixtures flat-kernel elf
    "$fixture" elf evil --nodename '<script>document.title="evil"</script>'
    start_receiver --listen 127.0.0.1:0 --http 127.0.0.1:0
    wait_for 5 grep -q 'web page on' receiver.log
    web=$(sed -n 's/.*web page on //p' receiver.log)
    "$fixture" send "$port" "$fixtures/flat-kernel"
    "$fixture" send "$port" evil
    wait_for 10 dumps_ended 2
    exec 9<> "/dev/tcp/127.0.0.1/$port"
    head -c $(($(stat -c %s "$fixtures/elf") / 2)) "$fixtures/elf" >&9
    sleep 1
    browse "$web/" --dump-dom > dom
    grep -q '<b>1</b> arriving' dom
    grep -q '<b>2</b> complete' dom
    grep -q '<progress max="1" value="0\.[45]' dom
    grep -q 'BUG: kernel NULL pointer dereference' dom
    grep -q '<title>Crash dumps</title>' dom
    grep -q '&lt;script&gt;document.title' dom # as text, and never run
    for size in 1000,900 400,800; do
        browse "$web/" --screenshot="$PWD/shot.png"
        [ "$(corner shot.png)" = "${size%,*} f6f7f9" ] # the style sheet was applied
    done
    for dir in in/*/info.json; do
        browse "$web/dump/$(basename "$(dirname "$dir")")" --dump-dom > dom
        grep -q 'Kernel panic - not syncing: Fatal exception' dom
        if grep -q '<title>evil' dom; then false; fi
    done
    exec 9>&-
    stop_receiver
    if grep -iE 'Refused to (apply|load|execute)' chromium.log; then false; fi
}
