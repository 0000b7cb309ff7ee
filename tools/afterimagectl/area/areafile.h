/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump area on a block device or in an image file: where it is, what its headers say. */
#ifndef AFTERIMAGECTL_AREAFILE_H
#define AFTERIMAGECTL_AREAFILE_H

#include "ctl.h"
#include "dump/disk/area.h"
#include "input.h"

struct areafile {
	int fd;    /* belongs to the caller */
	struct area_stamp stamp; /* of the first extent */
	struct input_extents extents;
	struct area_header header; /* the copy that counts */
	int current;               /* which one it is; -1: both are damaged */
};

/* Open for reading, and for writing if asked to. A file that is immutable, as a dump area in a file system
 * is, opens for reading: that flag is lifted for the moment of a write. Returns the descriptor or a
 * negative errno that was told. */
int areafile_open(const char *path, bool write);

bool areafile_is_immutable(int fd);

/* Make a file immutable, or lift that. Whether it was, or -errno, untold. */
int areafile_set_immutable(int fd, bool on);

/* Find the area: at the start of the file, or else at the start of a partition of it. -ENODATA:
 * there is none; -EEXIST: several; -EBADMSG: damaged; -EPROTONOSUPPORT: made by something newer.
 * Both header copies damaged is no error: `current` is -1. Says nothing, but *why does. */
int areafile_find(struct areafile *a, int fd, u64 size, struct why *why);

/* Keep other afterimagectls (and udev's probing) away until fd is closed. Says what is wrong. */
int areafile_lock(int fd, const char *path);

/* The bytes of a section of the area, at most `length` of them. */
struct input areafile_section(const struct areafile *a, const struct area_section *s, u64 length);

/* The section of a type; NULL: none. */
const struct area_section *areafile_find_section(const struct areafile *a, u32 type);

/* Write a sealed block and wait until it is on the medium. Says what went wrong. */
int areafile_write_block(int fd, u64 off, const void *block);

/* Bytes of the logical space; the area stays in use by the result, as by areafile_section()'s. */
struct input areafile_input(const struct areafile *a, u64 logical, u64 length);

/* Mark the area empty: in the other header copy, so that a power cut leaves one that counts. */
int areafile_set_empty(struct areafile *a);

/* One section less, the first of that type; all else stays. */
int areafile_drop_section(struct areafile *a, u32 type);

/* "empty", "in progress", "complete" */
const char *area_state_name(u32 state);

/* A sealed header without sections. */
void area_header_make(struct area_header *h, const u8 uuid[16], u64 sequence);

/* The whole of a command whose one argument is a dump area or a dump: opens it and calls what is right
 * for it. Both say what is wrong and return 0 or an error. Returns the exit status. */
int areafile_or_dump(const struct command *cmd, int argc, char **argv,
		     int (*area)(const char *path, const struct areafile *a),
		     int (*dump)(const char *path, const struct input *in));

#endif
