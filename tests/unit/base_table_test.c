/* Guards: a table finds what was added and not what was taken out, walks over each entry once, also while entries are taken
 * out, and goes on without memory. */
#include "base/table.h"
#include "fault.h"
#include "unit.h"

#include <stdlib.h>

#define ENTRIES 5000

struct entry {
    struct table_link link; /* first */
    unsigned number;
    bool there, seen;
};

static struct entry entries[ENTRIES];

/* Every hash belongs to three numbers, and neighbours share their low bits. */
static uint32_t hash_of(unsigned number)
{
    return number / 3 * 64;
}

static struct entry *find(const struct table *t, unsigned number)
{
    struct table_link *l = table_find(t, hash_of(number));
    while (l && ((struct entry *)l)->number != number)
        l = table_again(l);
    return (struct entry *)l;
}

static void check(const struct table *t)
{
    unsigned there = 0, walked = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        there += entries[i].there;
        entries[i].seen = false;
        CU_ASSERT_TRUE_FATAL(find(t, i) == (entries[i].there ? &entries[i] : NULL));
    }
    for (struct table_link *l = table_next(t, NULL); l; l = table_next(t, l)) {
        struct entry *e = (struct entry *)l;
        CU_ASSERT_TRUE_FATAL(e->there && !e->seen);
        e->seen = true;
        walked++;
    }
    CHECK_INT(walked, there);
    CHECK_INT(t->count, there);
}

static void add(struct table *t, unsigned i)
{
    entries[i] = (struct entry){.number = i, .there = true};
    table_add(t, &entries[i].link, hash_of(i));
}

static void finds_what_is_there_and_nothing_else(void)
{
    struct table t = {0};
    memset(entries, 0, sizeof entries);
    check(&t);
    for (unsigned i = 0; i < ENTRIES; i += 2)
        add(&t, i);
    check(&t);
    for (unsigned i = 0; i < ENTRIES; i++) /* the others come, every fourth goes */
        if (i % 2 == 1) {
            add(&t, i);
        } else if (i % 4 == 0) {
            table_remove(&t, &entries[i].link);
            entries[i].there = false;
        }
    check(&t);
    for (struct table_link *l = table_next(&t, NULL), *next; l; l = next) {
        next = table_next(&t, l);
        table_remove(&t, l);
        ((struct entry *)l)->there = false;
    }
    check(&t);
    table_fini(&t);
}

static void a_few_need_no_memory_and_more_go_on_without(void)
{
    struct table t = {0};
    memset(entries, 0, sizeof entries);
    fault_from(1);
    for (unsigned i = 0; i < TABLE_FEW; i++)
        add(&t, i);
    CU_ASSERT_FALSE(fault_end());
    check(&t);
    for (unsigned begin = TABLE_FEW; begin < 300;
         begin += 100) { /* first without buckets, then with some */
        fault_from(1);
        for (unsigned i = begin; i < begin + 50; i++)
            add(&t, i);
        CU_ASSERT_TRUE(fault_end());
        check(&t);
        for (unsigned i = begin + 50; i < begin + 100; i++)
            add(&t, i);
        check(&t);
    }
    for (struct table_link *l; (l = table_next(&t, NULL));)
        table_remove(&t, l);
    table_fini(&t);
}

UNIT("base/table", CASE(finds_what_is_there_and_nothing_else),
     CASE(a_few_need_no_memory_and_more_go_on_without))
