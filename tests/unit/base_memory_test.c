/* Guards: the memory that a control group gives is read as the kernel writes it; no group is no limit. */
#include "base/memory.h"
#include "tmpdb.h"
#include "unit.h"

#include <stdio.h>

static int64_t of(const char *content)
{
    struct tmpdb t = tmpdb_make();
    FILE *f = fopen(t.path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    (void)fputs(content, f);
    (void)fclose(f);
    int64_t bytes = memory_of_group(t.path);
    tmpdb_remove(&t);
    return bytes;
}

static void a_group_gives_a_number_or_everything(void)
{
    CHECK_INT(of("536870912\n"), 536870912);
    CHECK_INT(of("max\n"), 0);
    CHECK_INT(of(""), 0);
    CHECK_INT(memory_of_group("/nowhere/memory.max"), 0);
}

static void the_machine_gives_something(void)
{
    CU_ASSERT(memory_given_bytes() > INT64_C(16) << 20);
}

UNIT("base/memory", CASE(a_group_gives_a_number_or_everything), CASE(the_machine_gives_something))
