/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a stream's last byte to its dump in the index: a few processes settle dumps, the others wait
 * for their turn. */
#ifndef AFTERIMAGECTL_ENDING_H
#define AFTERIMAGECTL_ENDING_H

#include "receive/receiver.h"

/* Move a connection to a stage of the receiver, out of the one that it is in. */
void stage_enter(struct receiver *rc, struct reception *r, unsigned int stage);

/* No more comes from r: it is settled, or freed if it was silent. Not r's last words: it may be
 * gone already. */
void ending_begin(struct receiver *rc, struct reception *r);

/* A child has ended. */
void ending_reap(struct receiver *rc);

#endif
