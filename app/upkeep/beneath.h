/* beneath: opens a file by a path that somebody else wrote: it leads to a file below a folder, or nowhere. */
#ifndef SNUG_UPKEEP_BENEATH_H
#define SNUG_UPKEEP_BENEATH_H

#include "base/text.h"

#define BENEATH_PATH_MAX 4000

/* Opens the regular file at `path` below the open folder, for reading. No part of the path may be "..", ".", empty or a symbolic
 * link, so none is absolute either. Never waits (for the other end of a pipe). -1: there is none such, see errno */
int beneath_open(int folder, struct text path);

/* The same of a folder. */
int beneath_folder(int folder, struct text path);

#endif
