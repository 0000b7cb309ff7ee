/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done after a fault of our own: each step once, whatever becomes of it. */
#include "life/life.h"

#include <arch/cpu.h>

#include "boot/start.h"
#include "boot/trap.h"
#include "drivers/lapic.h"
#include "drivers/pci/pci.h"
#include "drivers/power.h"
#include "heartbeat.h"
#include "log.h"
#include "run.h"

#define FAULTS_MAX 32 /* more than there are steps, and ways to reset the machine */

static void tell(void);
static void stop_dma(void);
static void begin_again(void);
static void give_up(void);
static void act(void);

/* A fault in one of them goes on with the next. Up to begin_again() they end the first life, from there
 * on the second one. */
static void (*const steps[])(void) = {
	tell, run_break_off, stop_dma, begin_again, tell, give_up, act,
};
enum { FIRST_TELL = 0, SECOND_TELL = 4, ACT = 6, STEPS = ARRAY_SIZE(steps) };

static KEEP struct {
	unsigned int step;         /* the next one */
	unsigned int faults;
	bool told_another;         /* fault, within the steps */
	bool dma_stopped;
	bool second;
	enum power_action action;
	enum life_part part;
	int target;                /* plus 1: 0 is none, as at entry */
	const char *panic_text;
	struct trap_frame frame;   /* of the latest fault, and what belongs to it */
	u64 cr2;
	char reason[120];
	struct life_fault fault;   /* the first */
} life;

bool life_begin(enum life_part part)
{
	life.part = part;
	return !life.second || life.fault.part != part;
}

void life_target(int index) { life.target = index + 1; }

const struct life_fault *life_fault(void) { return life.second ? &life.fault : NULL; }

void life_no_second(void) { life.step = MAX(life.step, (unsigned int)SECOND_TELL); }

void life_last_words(enum power_action action)
{
	life.action = action;
	life.step = MAX(life.step, (unsigned int)ACT);
}

static void tell(void)
{
	const struct trap_frame *f = &life.frame;

	log_always("%s", life.reason);
	log_always("trap %llu error 0x%llx at image+0x%llx (0x%llx) cr2 0x%llx", f->vector, f->error,
	           f->rip - (u64)__image_start, f->rip, life.cr2);
	log_always("rax %016llx rbx %016llx rcx %016llx rdx %016llx", f->rax, f->rbx, f->rcx, f->rdx);
	log_always("rsi %016llx rdi %016llx rbp %016llx rsp %016llx", f->rsi, f->rdi, f->rbp, f->rsp);
	log_always("r8  %016llx r9  %016llx r10 %016llx r11 %016llx", f->r8, f->r9, f->r10, f->r11);
	log_always("r12 %016llx r13 %016llx r14 %016llx r15 %016llx", f->r12, f->r13, f->r14, f->r15);
	log_always("rflags 0x%llx cr3 0x%llx image at 0x%llx", f->rflags, read_cr3(),
	           (u64)__image_start);
}

/* What a device may still write to is about to be something else. */
static void stop_dma(void)
{
	if (life.fault.part != LIFE_QUIESCE) /* before which no device is ours */
		pci_quiesce();
	life.dma_stopped = true;
}

static void begin_again(void)
{
	if (!life.dma_stopped) {
		log_always("devices cannot be stopped: no second life");
		return;
	}
	life.second = true;
	life.part = LIFE_ALL;
	life.target = 0;
	second_life();
}

static void give_up(void) { start_failed(life.reason); }

static void act(void) { power_end(life.action); }

/* On the empty main stack. */
static void NORETURN go_on(void)
{
	heartbeat_moved();
	lapic_timer_resume();
	if (life.step != FIRST_TELL && life.step != SECOND_TELL && !life.told_another) {
		life.told_another = true;
		tell();
	}
	while (life.step < STEPS)
		steps[life.step++]();
	power_reset();
}

void life_end(struct trap_frame *f, const char *why)
{
	if (life.faults++ == FAULTS_MAX)
		cpu_triple_fault();
	why = why ? why : life.panic_text;
	life.panic_text = NULL;
	life.frame = *f;
	life.cr2 = read_cr2();
	if (why)
		format(life.reason, sizeof(life.reason), "%s", why);
	else
		format(life.reason, sizeof(life.reason), "a fault of our own: trap %llu at image+0x%llx",
		       f->vector, f->rip - (u64)__image_start);
	if (life.step == FIRST_TELL) {
		life.fault = (struct life_fault){ .target = life.target - 1, .part = life.part };
		format(life.fault.reason, sizeof(life.fault.reason), "%s", life.reason);
	}
	trap_return_to(f, go_on);
}

void panic(const char *fmt, ...)
{
	static KEEP char text[sizeof(life.reason)];
	va_list ap;
	size_t at;

	va_start(ap, fmt);
	at = (size_t)format(text, sizeof(text), "a failed assertion of our own: ");
	format_v(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	life.panic_text = text;
	cpu_trap();
}
