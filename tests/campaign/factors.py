# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run of the crash campaign is made of: the factors, their values, and which of them do not go together."""

CONTEXTS = ("process", "irq", "softirq", "timer", "nmi", "locked")

# What the module crashpoint knows, "nmi" and "oom", which need no module.
POINTS = tuple(f"{deed}-{context}" for deed in ("panic", "null") for context in CONTEXTS) + (
    "panic-everywhere", "null-in-panic", "null-in-oops", "stack-overflow", "double-fault", "soft-lockup", "spin", "hung-task",
    "nmi", "oom")

FACTORS = {
    "point": POINTS,
    "cpu": ("first", "middle", "last"),
    "smp": ("1", "2", "8"),
    "ram": ("1024", "2048", "4096", "12288"),
    "firmware": ("bios", "uefi"),
    "iommu": ("none", "vtd", "vtd-strict", "amdvi"),
    "paging": ("4", "5"),
    "watchdog": ("none", "itco", "i6300esb"),
    "kernel": ("6.1", "6.12"),
    "load": ("idle", "net", "disk", "memory"),
    "target": ("user", "tap", "disk"),
    "format": ("elf", "kdump"),
    "loader": ("kexec_load", "kexec_file_load"),
}

# A cell that names only some factors has these in the others.
DEFAULTS = {
    "point": "panic-process", "cpu": "first", "smp": "2", "ram": "1024", "firmware": "bios", "iommu": "none", "paging": "4",
    "watchdog": "none", "kernel": "6.1", "load": "idle", "target": "user", "format": "kdump", "loader": "kexec_file_load",
}

# Each says why a cell cannot be, and is asked only when all the factors in its list are known.
EXCLUDED = (
    (("cpu", "smp"), "one CPU has no last, less than three no middle",
     lambda c: (c["cpu"] == "last" and c["smp"] == "1") or (c["cpu"] == "middle" and c["smp"] != "8")),
    (("point", "cpu"), "an NMI from outside goes to the first CPU",
     lambda c: c["point"] == "nmi" and c["cpu"] != "first"),
    (("point", "smp"), "everywhere needs more than one CPU",
     lambda c: c["point"] == "panic-everywhere" and c["smp"] == "1"),
    (("format", "ram"), "an ELF core of level 0 is as long as the RAM: minutes, and /dev/shm has an end",
     lambda c: c["format"] == "elf" and c["ram"] not in ("1024", "2048")),
    (("format", "ram", "target"), "QEMU's user network takes a minute for 1 GiB",
     lambda c: c["format"] == "elf" and c["ram"] == "2048" and c["target"] == "user"),
)


def why_excluded(cell):
    """The reason for which this cell, or part of one, cannot be; None if it can."""
    for names, why, excluded in EXCLUDED:
        if all(name in cell for name in names) and excluded(cell):
            return why
    return None


def cell_from_words(words):
    """A cell from FACTOR=VALUE words, with the defaults for the rest."""
    cell = dict(DEFAULTS)
    for word in words:
        name, _, value = word.partition("=")
        if value not in FACTORS.get(name, ()):
            raise ValueError(f"{word}: no such factor or value")
        cell[name] = value
    why = why_excluded(cell)
    if why:
        raise ValueError(why)
    return cell
