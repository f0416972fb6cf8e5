/* check: what the parts of a check share. */
#ifndef SNUG_UPKEEP_CHECK_H
#define SNUG_UPKEEP_CHECK_H

#include "upkeep/upkeep.h"

struct db;

/* Counts it, and tells it if there are not too many. */
void finding_add(struct findings *f, struct text what, const char *what_to_do);

/* The bytes of files, in the folder f->files: whether each file has its own, and what there is besides. Files come and go
 * meanwhile: a finding is looked at twice. errors: ERR_CANCELLED; those of the questions */
MUST_USE enum err check_bytes(struct store *s, struct db *db, struct findings *f);

#endif
