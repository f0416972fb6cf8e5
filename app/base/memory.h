/* memory: how much of it this process may use, as the system says. thread: any that may read files */
#ifndef SNUG_BASE_MEMORY_H
#define SNUG_BASE_MEMORY_H

#include <stdint.h>

/* The machine's, or what its control group is given, if that is less; in bytes; 0: the system does not say.
 * source: cgroups(7), proc(5); a limit of the group itself counts, those of groups around it do not */
int64_t memory_given_bytes(void);

/* Of a control group, in bytes; 0: none, or there is no such file. For tests. path: of its memory.max */
int64_t memory_of_group(const char *path);

#endif
