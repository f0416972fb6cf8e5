#include "net/parting.h"

#include <unistd.h>

static void close_first(struct parting *p)
{
    (void)close(p->at[p->first].fd);
    p->first = (p->first + 1) % PARTINGS_MAX;
    p->count--;
}

void parting_add(struct parting *p, int fd, int64_t until_ms)
{
    if (p->count == PARTINGS_MAX)
        close_first(p);
    unsigned i = (p->first + p->count++) % PARTINGS_MAX;
    p->at[i].fd = fd;
    p->at[i].until_ms = until_ms;
}

void parting_tick(struct parting *p, int64_t now_ms)
{
    while (p->count > 0 && p->at[p->first].until_ms <= now_ms)
        close_first(p);
}
