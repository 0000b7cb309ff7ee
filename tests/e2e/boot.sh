# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest, in the shared folder: runs the next of steps/1, 2, ..., leaves log.N and status.N, and powers off after the
# last, or after one that failed.
# shellcheck shell=bash
n=$(($(cat count) + 1))
echo "$n" > count
# all that starts by itself has started
timeout 900 systemctl is-system-running --wait > "state.$n" || systemctl list-jobs >> "state.$n"
status=0
bash -eu "steps/$n" > "log.$n" 2>&1 || status=$?
echo "$status" > "status.$n"
if [ "$status" != 0 ]; then journalctl -b --no-pager > "journal.$n" 2>&1; fi
[ "$status" = 0 ] && [ -e "steps/$((n + 1))" ] && exec reboot
exec poweroff
