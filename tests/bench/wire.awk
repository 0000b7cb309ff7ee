# SPDX-License-Identifier: GPL-2.0-or-later
# The rows of BENCH.md on throughput against loss: what report.awk calls.

function wire_line(    place) {
    place = $4 SUBSEP $5
    if (!(place in wire_seen)) { wire_place[++wires] = place; wire_seen[place] = 1 }
    if ($7 != "ok") { failed[++failures] = "wire " $3 ", " $4 " % lost, " $5 " ms each way, run " $6 ": " $7; return }
    add("wire" SUBSEP $3 SUBSEP place, $8 / $9 / 1048576)
}

function wire_rows(    i, k, what, theirs, ours, have) {
    if (!wires) row("throughput against loss beside Linux's TCP", "", "", "-", "none set", "not measured")
    for (i = 1; i <= wires; i++) {
        split(wire_place[i], k, SUBSEP)
        what = "TCP over a wire that loses " k[1] " % both ways, " (k[2] ? "round trip " 2 * k[2] " ms" : "no delay")
        theirs = "wire" SUBSEP "linux" SUBSEP wire_place[i]
        ours = "wire" SUBSEP "afterimage" SUBSEP wire_place[i]
        have = samples[theirs] && samples[ours]
        row(what, samples[theirs] ? "Linux: " spread(theirs, "MiB/s") : "", spread(ours, "MiB/s"),
            have ? number(median(ours) / median(theirs)) " of Linux's rate" : "-", "none set", "-")
    }
}

function wire_how() {
    print "* The wire (tests/wire) loses single frames on the way between two TAP devices; large ones are cut first, as a card does. afterimage's"
    print "  network half as a native program against Linux's sendfile() with cubic from a namespace, both with all offloads, to nc on the other side."
}
