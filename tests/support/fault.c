#include "fault.h"

#include <errno.h>
#include <stdlib.h>

static _Thread_local unsigned countdown; /* 0: off */
static _Thread_local bool stays_broken;
static _Thread_local bool fired;

void fault_at(unsigned n)
{
    countdown = n;
    stays_broken = false;
    fired = false;
}

void fault_from(unsigned n)
{
    fault_at(n);
    stays_broken = true;
}

bool fault_end(void)
{
    bool was = fired;
    fault_at(0);
    return was;
}

static bool fails_now(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    fired = true;
    countdown = stays_broken ? 1 : 0;
    errno = ENOMEM;
    return true;
}

/* The linker sends each call of f to __wrap_f, and __real_f to the allocator. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len_max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len_max);

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len_max)
{
    return fails_now() ? NULL : __real_strndup(text, len_max);
}
