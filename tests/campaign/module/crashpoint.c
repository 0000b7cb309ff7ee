// SPDX-License-Identifier: GPL-2.0-or-later
// Crashes a test guest in a chosen way: echo POINT > /sys/module/crashpoint/parameters/trigger.
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kdebug.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/panic_notifier.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/apic.h>
#include <asm/nmi.h>

#define STACK_STEP   512  // bytes that a step of the overflow takes at least
#define UNMAPPED     0x1000 // below mmap_min_addr: neither kernel nor program has a page there
#define ARRIVE_MS    2000 // what was asked for comes within that, or not at all
#define TIMER_NS     1000000

static int *nowhere; // read at run time: the compiler must not know that it is NULL
static void (*deed)(void);
static DEFINE_SPINLOCK(lock);

static void deed_panic(void)
{
	panic("crashpoint: panic in %s", in_nmi() ? "NMI" : in_hardirq() ? "IRQ" :
	      in_softirq() ? "softirq" : "process");
}

static void deed_null(void)
{
	WRITE_ONCE(*READ_ONCE(nowhere), 1);
}

// --- where it is done

static void in_irq_work(struct irq_work *work)
{
	deed();
}

static void in_tasklet(struct tasklet_struct *tasklet)
{
	deed();
}

static enum hrtimer_restart in_timer(struct hrtimer *timer)
{
	deed();
	return HRTIMER_NORESTART;
}

static int in_nmi_handler(unsigned int type, struct pt_regs *regs)
{
	deed();
	return NMI_HANDLED;
}

static DEFINE_IRQ_WORK(irq_work, in_irq_work);
static DECLARE_TASKLET(tasklet, in_tasklet);
static struct hrtimer timer;

static void crash_in_process(void)
{
	deed();
}

static void crash_in_irq(void)
{
	irq_work.node.a_flags.counter = IRQ_WORK_HARD_IRQ;
	irq_work_queue(&irq_work);
	mdelay(ARRIVE_MS);
}

static void crash_in_softirq(void)
{
	tasklet_schedule(&tasklet);
	mdelay(ARRIVE_MS);
}

static void crash_in_timer(void)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = in_timer;
	hrtimer_start(&timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
	mdelay(ARRIVE_MS);
}

static void crash_in_nmi(void)
{
	if (register_nmi_handler(NMI_LOCAL, in_nmi_handler, NMI_FLAG_FIRST, "crashpoint"))
		return;
	preempt_disable();
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	mdelay(ARRIVE_MS);
	preempt_enable();
}

// What a dying kernel would like to take is taken: the console, the network's configuration, interrupts off.
static void crash_locked(void)
{
	unsigned long flags;

	rtnl_lock();
	console_lock();
	spin_lock_irqsave(&lock, flags);
	deed();
	spin_unlock_irqrestore(&lock, flags);
	console_unlock();
	rtnl_unlock();
}

// --- crashes that are no deed of ours

static noinline unsigned long overflow_stack(unsigned long depth)
{
	volatile unsigned char step[STACK_STEP];

	step[depth % STACK_STEP] = depth;
	return depth == ULONG_MAX ? 0 : overflow_stack(depth + 1) + step[0];
}

static void stack_overflow(void)
{
	pr_info("crashpoint: %lu\n", overflow_stack(0));
}

// The push faults, and the frame of that fault has no stack either.
static void double_fault(void)
{
	asm volatile("mov %0, %%rsp\n\tpush $0" : : "r"((unsigned long)UNMAPPED) : "memory");
}
STACK_FRAME_NON_STANDARD(double_fault);

static void soft_lockup(void)
{
	preempt_disable();
	while (!READ_ONCE(nowhere))
		cpu_relax();
}

static void spin_irqs_off(void)
{
	local_irq_disable();
	while (!READ_ONCE(nowhere))
		cpu_relax();
}

static void hung_task(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static void panic_here(void *unused)
{
	deed_panic();
}

static void panic_everywhere(void)
{
	on_each_cpu(panic_here, NULL, 1);
}

// --- a crash inside a crash: the first call of a notifier crashes too, the second lets it pass

static int crash_once(struct notifier_block *block, unsigned long event, void *data)
{
	static bool done;

	if (!xchg(&done, true))
		deed_null();
	return NOTIFY_DONE;
}

static int crash_in_oops(struct notifier_block *block, unsigned long event, void *data)
{
	return event == DIE_OOPS ? crash_once(block, event, data) : NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = crash_once, .priority = INT_MAX };
static struct notifier_block die_block = { .notifier_call = crash_in_oops, .priority = INT_MAX };

// The shell has set crash_kexec_post_notifiers: without it kexec comes before any notifier.
static void null_in_panic(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	deed_panic();
}

static void null_in_oops(void)
{
	register_die_notifier(&die_block);
	deed_null();
}

// --- the names

static const struct {
	const char *name;
	void (*crash)(void);
	void (*deed)(void);
} points[] = {
	{ "panic-process", crash_in_process, deed_panic },
	{ "panic-irq", crash_in_irq, deed_panic },
	{ "panic-softirq", crash_in_softirq, deed_panic },
	{ "panic-timer", crash_in_timer, deed_panic },
	{ "panic-nmi", crash_in_nmi, deed_panic },
	{ "panic-locked", crash_locked, deed_panic },
	{ "panic-everywhere", panic_everywhere },
	{ "null-process", crash_in_process, deed_null },
	{ "null-irq", crash_in_irq, deed_null },
	{ "null-softirq", crash_in_softirq, deed_null },
	{ "null-timer", crash_in_timer, deed_null },
	{ "null-nmi", crash_in_nmi, deed_null },
	{ "null-locked", crash_locked, deed_null },
	{ "null-in-panic", null_in_panic },
	{ "null-in-oops", null_in_oops },
	{ "stack-overflow", stack_overflow },
	{ "double-fault", double_fault },
	{ "soft-lockup", soft_lockup },
	{ "spin", spin_irqs_off },
	{ "hung-task", hung_task },
};

static int trigger_set(const char *word, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!sysfs_streq(word, points[i].name))
			continue;
		deed = points[i].deed;
		points[i].crash();
		return -EIO; // still alive
	}
	return -EINVAL;
}

static const struct kernel_param_ops trigger_ops = { .set = trigger_set };
module_param_cb(trigger, &trigger_ops, NULL, 0200);
MODULE_PARM_DESC(trigger, "the crash to cause, now");
MODULE_DESCRIPTION("Crashes a test guest in a chosen way");
MODULE_LICENSE("GPL");
