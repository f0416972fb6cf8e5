#include "base/thread_role.h"

#include <stdio.h>
#include <stdlib.h>

struct thread_role role_reactor = {"reactor"};
struct thread_role role_writer = {"writer"};
struct thread_role role_reader = {"reader"};
struct thread_role role_task = {"task"};
struct thread_role role_http = {"http"};
struct thread_role role_checkpointer = {"checkpointer"};

static _Thread_local const struct thread_role *current;

static void must_be(const struct thread_role *expected, const struct thread_role *wanted)
{
    if (current == expected)
        return;
    (void)fprintf(stderr, "thread role: wanted %s, is %s\n", wanted->name,
                  current ? current->name : "none");
    abort();
}

NO_THREAD_CHECK void role_enter(struct thread_role *role)
{
    must_be(NULL, role);
    current = role;
}

NO_THREAD_CHECK void role_leave(struct thread_role *role)
{
    must_be(role, role);
    current = NULL;
}

void role_assert(const struct thread_role *role)
{
    must_be(role, role);
}

int role_is(const struct thread_role *role)
{
    return current == role;
}
