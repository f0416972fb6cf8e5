#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void must_failed(const char *statement, const char *file, int line)
{
    const char *app = strstr(file, "app/"); /* the path in the repository, not of a machine */
    (void)fprintf(stderr, "must: %s at %s:%d\n", statement, app ? app : file, line);
    abort();
}
