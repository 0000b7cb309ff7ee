# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of the crash campaign: a cell's machine panicked by qemu-panic, the dump held against the RAM, the result named."""
import functools
import os
import re
import shlex
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
ORACLE = os.path.join(TOP, "tests/oracle")
CTL = os.path.join(TOP, "build/afterimagectl")
sys.path.insert(0, ORACLE)
from machine import Qmp  # noqa: E402 pylint: disable=wrong-import-position

TIMEOUT = 600       # seconds from power on after which a machine that still runs is a hang: 12 GiB on a loaded host take minutes
WATCHDOG = 8        # seconds, at most: guest/arm-watchdog
LOOK_BEFORE = 10    # seconds before that at which a machine that hangs is asked where its CPUs are
NMI_AFTER = 0.5     # seconds from the guest's last word to the NMI: the CPU spins by then
NMI_WORD = b"campaign: nmi"

IOMMU = {
    "none": ([], []),
    "vtd": (["-device intel-iommu"], ["intel_iommu=on", "iommu.strict=0"]),
    "vtd-strict": (["-device intel-iommu"], ["intel_iommu=on", "iommu.strict=1"]),
    "amdvi": (["-device amd-iommu"], ["iommu.passthrough=0"]),
}
WATCHDOGS = {
    "none": ([], []),
    "itco": (["-global ICH9-LPC.noreboot=off"], ["lpc_ich", "iTCO_wdt"]),
    "i6300esb": (["-device i6300esb"], ["i6300esb"]),
}
UNKNOWN_NMI = "echo 1 > /proc/sys/kernel/unknown_nmi_panic; echo campaign: nmi"
BEFORE = {  # shell words in front of the trigger
    "soft-lockup": "echo 1 > /proc/sys/kernel/softlockup_panic; echo 1 > /proc/sys/kernel/watchdog_thresh",
    "spin": UNKNOWN_NMI,
    "hung-task": "cd /proc/sys/kernel; echo 1 > hung_task_panic; echo 1 > hung_task_timeout_secs; "
                 "echo 1 > hung_task_check_interval_secs",
    "null-in-panic": "echo 1 > /sys/module/kernel/parameters/crash_kexec_post_notifiers",
}
PANIC = {  # in place of the trigger
    "nmi": UNKNOWN_NMI + "; sleep 20",
    "oom": "sh /qp/pressure oom; sleep 20",
}
# What the log must say of the crash: that it was the one that was asked for.
WORDS = {
    "panic-process": "crashpoint: panic in process", "panic-locked": "crashpoint: panic in process",
    "panic-irq": "crashpoint: panic in IRQ", "panic-timer": "crashpoint: panic in IRQ",
    "panic-softirq": "crashpoint: panic in softirq", "panic-nmi": "crashpoint: panic in NMI",
    "panic-everywhere": "crashpoint: panic in", "null-in-panic": "crashpoint: panic in process.*NULL pointer",
    "null-in-oops": "NULL pointer.*NULL pointer", "stack-overflow": "stack guard page", "double-fault": "double fault",
    "soft-lockup": "softlockup: hung tasks", "spin": "NMI: Not continuing", "nmi": "NMI: Not continuing",
    "hung-task": "hung_task: blocked tasks", "oom": "out of memory",
}


class Failed(Exception):
    """A program that the campaign needs did not work: no result of ours."""


def output_of(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{words[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


@functools.cache
def guest_kernel(release):
    """VMLINUZ and MODULES of tools/guest-kernel, and the module of the crash points."""
    told = output_of(os.path.join(TOP, "tools/guest-kernel"), "--release", release)
    words = dict(shlex.split(line)[0].split("=", 1) for line in told.splitlines())
    return words["VMLINUZ"], words["MODULES"], output_of(os.path.join(HERE, "modules"), release).strip()


@functools.cache
def makedumpfile():
    return output_of(os.path.join(TOP, "tools/unstable-program"), "makedumpfile").strip()


def panic_command(point):
    if point in PANIC:
        return PANIC[point]
    trigger = f"echo {point} > /sys/module/crashpoint/parameters/trigger"
    return f"{BEFORE[point]}; {trigger}" if point in BEFORE else trigger


def guest_file(name):
    return os.path.join(HERE, "guest", name)


def command(cell, out, image):
    """The qemu-panic command line of a cell."""
    vmlinuz, modules, module = guest_kernel(cell["kernel"])
    devices, words = (list(part) for part in IOMMU[cell["iommu"]])
    watchdog_devices, watchdog_modules = WATCHDOGS[cell["watchdog"]]
    smp = int(cell["smp"])
    words += ["oops=panic", "init_on_alloc=0"]
    line = [os.path.join(TOP, "tools/qemu-panic"), "-o", out, "--image", image, "--keep-ram", "--qmp", "--timeout", str(TIMEOUT),
            "--modules", modules, "--add", module, "--add", guest_file("pressure"), "--early", guest_file("load-module"),
            "--smp", cell["smp"], "--ram", cell["ram"], "--firmware", cell["firmware"], "--load", cell["loader"],
            "--panic-cpu", str({"first": 0, "middle": smp // 2, "last": smp - 1}[cell["cpu"]]),
            "--append", f"dump.format={cell['format']}", "--panic", panic_command(cell["point"])]
    if cell["paging"] == "5":
        line.append("--la57")
    if cell["load"] in ("net", "disk"):
        line += ["--traffic", cell["load"]]
    if cell["watchdog"] != "none":
        line += ["--setup", guest_file("arm-watchdog")]
    if cell["load"] == "memory":
        line += ["--setup", guest_file("pressure-load")]
    for name in watchdog_modules:
        line += ["--module", name]
    if cell["target"] == "disk":
        line += ["--target", "disk", "--net", "user" if cell["load"] == "net" else "none"]
    else:
        line += ["--target", "tcp", "--net", cell["target"]]
    if cell["iommu"] != "none":
        line += ["--nic-opts", "disable-legacy=on,iommu_platform=on"]
    for device in devices + watchdog_devices:
        line += ["--qemu", device]
    return line + ["--guest-append", " ".join(words), vmlinuz]


def inject_nmi(out, ended):
    """Wait for the guest to ask for it, then press the button."""
    console = os.path.join(out, "console.log")
    while not ended.wait(0.1):
        if os.path.exists(console):
            with open(console, "rb") as f:
                if NMI_WORD in f.read():
                    break
    if ended.wait(NMI_AFTER):
        return
    try:
        Qmp(os.path.join(out, "qmp.sock")).ask("inject-nmi")
    except (SystemExit, OSError):
        pass # QEMU has gone: the machine ended by itself


def look(out):
    """Where the CPUs of a machine are that does not end: twice, for a loop."""
    try:
        qmp = Qmp(os.path.join(out, "qmp.sock"))
        with open(os.path.join(out, "registers.log"), "w", encoding="utf-8") as log:
            for _ in range(2):
                log.write(qmp.ask("human-monitor-command", **{"command-line": "info registers -a"}) + "\n")
                time.sleep(1)
    except (SystemExit, OSError):
        pass # it has ended after all


def read(path):
    try:
        with open(path, encoding="latin1") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def check_contents(cell, out):
    """What is wrong with a complete dump, in a word; empty if nothing is."""
    ram, dump, raw, judged = (os.path.join(out, name) for name in ("ram.img", "vmcore", "raw", "judged"))
    compare = [os.path.join(ORACLE, "compare"), "--ram", ram] # knows of the backup of the low memory
    steps = [("verify", [CTL, "verify", dump])]
    if cell["format"] == "kdump":
        steps += [("raw-elf", [os.path.join(ORACLE, "raw-elf"), ram, raw]),
                  ("makedumpfile", [makedumpfile(), "-f", "-l", "-d", "31", raw, judged]),
                  ("compare", compare + [dump, judged])]
    else:
        steps.append(("compare --full", compare + ["--full", dump]))
    with open(os.path.join(out, "judge.log"), "w", encoding="utf-8") as log:
        for name, words in steps:
            if subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
                return name
    return ""


def classify(cell, out, status, result):
    """(class, reason) of a run that has ended."""
    console = read(os.path.join(out, "console.log"))
    entered = re.search(r"^afterimage: \S+ entered at ", console, re.M)
    died = entered or "Kernel panic - not syncing" in console
    if status == 124:
        return ("hang" if died else "no-crash"), result.get("reason", "")
    if status == 3 and not entered:
        return "no-crash", result.get("reason", "")
    if status not in (0, 1, 3):
        raise Failed(f"qemu-panic: exit status {status}")
    if status:
        failed = re.findall(r"^afterimage: (?:target .*failed|dump failed): .*", console, re.M)
        return "incomplete", (failed[-1].strip() if failed else result.get("reason", ""))
    wrong = check_contents(cell, out)
    if wrong:
        return "wrong", wrong
    if "afterimage: final action: reboot" not in console:
        return "wrong", "ended before the final action"
    return "correct", ""


def crash_seen(cell, out):
    """Does the dump's log tell of the crash that was asked for?"""
    log = read(os.path.join(out, "dmesg.txt")) or read(os.path.join(out, "console.log"))
    words = WORDS.get(cell["point"], "NULL pointer")
    return "yes" if re.search(words, log, re.S | re.I) else "no"


def run(cell, out, image, stopped):
    """Run a cell with that capture image in an empty folder; a dict of what came of it. `stopped` is an Event that gives up waiting."""
    os.makedirs(out, exist_ok=True)
    ended = threading.Event()
    with open(os.path.join(out, "qemu-panic.log"), "w", encoding="utf-8") as log:
        # a process group of its own: an interrupt is for the campaign, which ends the run it gives up
        process = subprocess.Popen(command(cell, out, image), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    button = None
    if cell["point"] in ("nmi", "spin"):
        button = threading.Thread(target=inject_nmi, args=(out, ended))
        button.start()
    look_at = time.monotonic() + TIMEOUT - LOOK_BEFORE
    while process.poll() is None:
        if time.monotonic() > look_at:
            look_at += TIMEOUT
            look(out)
        if stopped.wait(0.1):
            process.terminate()
            process.wait()
    ended.set()
    if button:
        button.join()
    if stopped.is_set():
        return None
    result = dict(line.split("=", 1) for line in read(os.path.join(out, "result")).splitlines() if "=" in line)
    start = time.monotonic()
    kind, reason = classify(cell, out, process.returncode, result)
    judge = time.monotonic() - start
    return {"class": kind, "crash": crash_seen(cell, out), "reason": reason, "boot_s": result.get("boot_seconds", ""),
            "entry_s": result.get("entry_seconds", ""), "complete_s": result.get("complete_seconds", ""),
            "total_s": result.get("total_seconds", ""), "judge_s": f"{judge:.1f}", "bytes": result.get("bytes", "")}
