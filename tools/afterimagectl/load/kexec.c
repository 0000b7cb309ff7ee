// SPDX-License-Identifier: GPL-2.0-or-later
// Loading and unloading through kexec(8).
#include "load/kexec.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/sysfile.h"


/* 0, -ENOENT when there is no kexec, -EIO when it failed; it says why on standard error. */
static int kexec_run(char **argv)
{
	pid_t pid;
	int status, err = posix_spawnp(&pid, "kexec", NULL, NULL, argv, environ);

	if (err)
		return say_error(-err, "kexec (of kexec-tools)");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return say_error(-errno, "kexec");
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int load_by(const struct plan *p, enum loader loader)
{
	char words[PLAN_WORDS + 32], image[CONF_TEXT], map[PATH_MAX + 32];
	char how[] = "-s", crash[] = "-p";
	char *argv[] = { "kexec", crash, how, image, words, *p->map ? map : NULL, NULL };

	if (loader == LOADER_LOAD)
		how[1] = 'c';
	snprintf(image, sizeof(image), "%s", p->conf->image);
	snprintf(words, sizeof(words), "--command-line=%s", p->words);
	snprintf(map, sizeof(map), "--initrd=%s", sys_path(MAP_PATH));
	return kexec_run(argv);
}

/* Where kexec finds the extent map. */
static int write_map(const struct plan *p)
{
	FILE *f;
	bool ok;

	if (!*p->map)
		return 0;
	(void)mkdir(sys_path("/run/afterimage"), 0755);
	f = fopen(sys_path(MAP_PATH), "we");
	ok = f && fputs(p->map, f) >= 0;
	if (f && fclose(f))
		ok = false;
	return ok ? 0 : say_error(-errno, "%s", MAP_PATH);
}

/* For status and check; without it they only know less. */
static void remember(const struct plan *p)
{
	FILE *f;

	(void)mkdir(sys_path("/run/afterimage"), 0755);
	f = fopen(sys_path(ARMED_PATH), "we");
	if (f)
		fprintf(f, "%lld\n%s\n%s\n", (long long)time(NULL), p->conf->image, p->words);
	if (f)
		fputs(p->map, f);
	if (!f || fclose(f))
		say("%s cannot be written", ARMED_PATH);
}

int kexec_load(struct plan *p)
{
	u64 loaded = 0;
	int err = write_map(p);

	if (err)
		return err;
	err = load_by(p, p->loader);

	if (err == -EIO && !strcmp(p->conf->loader, "auto") && p->lockdown == LOCKDOWN_NONE) {
		say("kexec_file_load was refused; trying kexec_load");
		p->loader = LOADER_LOAD;
		err = load_by(p, p->loader);
	}
	if (err)
		return err == -EIO ? say_fail(err, "kexec did not load %s", p->conf->image) : err;
	if (sys_read_number("/sys/kernel/kexec_crash_loaded", &loaded) || !loaded)
		return say_fail(-EIO, "kexec says it loaded %s, but the kernel does not",
				p->conf->image);
	remember(p);
	return 0;
}

int kexec_unload(void)
{
	/* -a: a locked down kernel takes kexec_file_load only */
	char crash[] = "-p", how[] = "-a", unload[] = "-u";
	char *argv[] = { "kexec", crash, how, unload, NULL };
	int err = kexec_run(argv);

	if (!err)
		(void)unlink(sys_path(ARMED_PATH));
	return err == -EIO ? say_fail(err, "kexec did not unload") : err;
}

/* A line of the file without its newline. */
static bool line_of(FILE *f, char *buf, size_t size)
{
	if (!fgets(buf, (int)size, f))
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

int kexec_armed(struct armed *a)
{
	FILE *f = sys_open(ARMED_PATH);
	char when[32];
	bool ok;

	if (!f)
		return -ENOENT;
	ok = line_of(f, when, sizeof(when)) && line_of(f, a->image, sizeof(a->image)) &&
	     line_of(f, a->words, sizeof(a->words));
	if (ok)
		a->map[fread(a->map, 1, sizeof(a->map) - 1, f)] = '\0';
	fclose(f);
	a->time = ok ? strtoull(when, NULL, 10) : 0;
	return ok ? 0 : -ENOENT;
}

const char *kexec_mismatch(const struct plan *p)
{
	static struct armed a;

	if (!p->reservation.armed)
		return "nothing is loaded: afterimagectl load";
	if (kexec_armed(&a))
		return "something else than afterimagectl loaded what is loaded";
	if (strcmp(a.image, p->conf->image) || strcmp(a.words, p->words))
		return "with other words than would be right now: afterimagectl load";
	if (strcmp(a.map, p->map))
		return "a file has moved since: afterimagectl load";
	return NULL;
}
