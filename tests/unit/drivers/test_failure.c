/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of failed targets, and the record in CMOS RAM. */
#include "unit/test.h"

#include <arch/io.h>
#include "drivers/cmos.h"
#include "life/failure.h"

/* Forget everything, as no life does. */
#include "../../kernel/life/failure.c"

static void forget(void)
{
	memset(text, 0, sizeof(text));
	used = 0;
	last = (struct failure){ 0 };
	failure_begin();
	fake_now_us = 0;
	fake_step_us = 0;
}

TEST(nothing_failed)
{
	forget();
	CHECK(!failure_text());
	CHECK(!failure_last());
}

TEST(a_failure)
{
	forget();
	fake_now_us = 31204567;
	failure_begin();
	failure_device("disk %u: TFD 0x%x", 1u, 0x41u);
	failure_device("disk %u: TFD 0x%x", 1u, 0x41u); /* the retry */
	failure_device("link %s", "down");
	failure_at(FAILURE_DATA, -EIO, 5000, 4096);
	failure_add("disk:xyz dump.level=0", 8, "cannot write");
	CHECK(!strcmp(failure_text(), "failed disk:xyz phase=data errno=5 accepted=5000 settled=4096 after=31.204\n"
	                              "reason cannot write\n"
	                              "device disk 1: TFD 0x41; link down\n"));
	CHECK_EQ(failure_last()->phase, FAILURE_DATA);
	CHECK_EQ(failure_last()->err, EIO);
	CHECK_EQ(failure_last()->seconds, 31);
	failure_add("tcp://a", 7, "no answer"); /* nothing is left of the one before */
	CHECK(strstr(failure_text(), "failed tcp://a phase=open errno=0 accepted=0 settled=0 after=31.204\n"
	                             "reason no answer\n"));
	CHECK(!strstr(strstr(failure_text(), "tcp://a"), "device"));
	CHECK_EQ(failure_last()->count, 2);
}

TEST(more_than_there_is_room_for)
{
	char longest[200];

	forget();
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (unsigned int i = 0; i < 300; i++) {
		for (unsigned int k = 0; k < 5; k++)
			failure_device("%u %s", k, longest);
		failure_add(longest, 64, longest);
		CHECK(strlen(failure_text()) < FAILURE_TEXT_MAX);
		CHECK(failure_text()[strlen(failure_text()) - 1] == '\n'); /* whole failures only */
	}
	CHECK_EQ(failure_last()->count, 255);
}

TEST(phases_have_names)
{
	for (unsigned int i = 0; i < FAILURE_PHASES; i++)
		CHECK(*failure_phase_name(i));
	CHECK(!strcmp(failure_phase_name(FAILURE_FINISH), "finish"));
	CHECK(!strcmp(failure_phase_name(FAILURE_PHASES), "unknown"));
}

static u8 cmos[128], cmos_index;
static bool cmos_gone;

void outb(u16 p, u8 v)
{
	if (p == 0x70)
		cmos_index = v;
	else if (p == 0x71 && cmos_index < sizeof(cmos) && !cmos_gone)
		cmos[cmos_index] = v;
}
u8 inb(u16 p) { return p == 0x71 && !cmos_gone ? cmos[cmos_index % sizeof(cmos)] : 0xff; }

static int write_record(void)
{
	struct cmos_record r = { .phase = 3, .err = 5 };

	memcpy(r.magic, CMOS_RECORD_MAGIC, 4);
	return cmos_record_write(&r);
}

static bool others_are(u8 v)
{
	for (unsigned int i = 0; i < sizeof(cmos); i++)
		if ((i < CMOS_RECORD || i >= CMOS_RECORD + sizeof(struct cmos_record)) && cmos[i] != v)
			return false;
	return true;
}

TEST(cmos_record)
{
	memset(cmos, 0x5a, sizeof(cmos));
	CHECK_EQ(write_record(), -EBUSY); /* somebody uses it */
	cmos_record_clear();
	CHECK(others_are(0x5a) && cmos[CMOS_RECORD] == 0x5a);
	memset(cmos + CMOS_RECORD, 0xff, 16);
	CHECK_EQ(write_record(), 0);
	CHECK_EQ(write_record(), 0); /* our own */
	CHECK(!memcmp(cmos + CMOS_RECORD, CMOS_RECORD_MAGIC, 4));
	cmos_record_clear();
	CHECK_EQ(cmos[CMOS_RECORD], 0);
	CHECK_EQ(write_record(), 0);
	CHECK(others_are(0x5a));
	cmos_gone = true;
	CHECK_EQ(write_record(), -ENODEV);
	cmos_gone = false;
}
