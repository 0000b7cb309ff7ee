/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the run ends: reboot, power off or halt. */
#ifndef AFTERIMAGE_POWER_H
#define AFTERIMAGE_POWER_H

#include "base.h"

enum power_action { POWER_REBOOT, POWER_POWEROFF, POWER_HALT };

/* Learn from ACPI what power_end() may use; safe to skip. */
void power_init(void);

/* Print `final action: ...` and do it. Reboot: ACPI reset register, 0xCF9, 8042, triple fault.
 * Poweroff: ACPI S5, else told and reboot. Depends on nothing that can have failed: usable from a
 * trap at any time. */
void power_end(enum power_action a) NORETURN;

/* The ways to reset the machine that have not been tried yet, each once. */
void power_reset(void) NORETURN;

/* The contract's word: "reboot", "poweroff", "halt". */
const char *power_name(enum power_action a);

#endif
