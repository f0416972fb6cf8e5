/* thread_role: which thread may call what, checked by clang (-Wthread-safety). gcc sees plain C.
 *
 * clang follows direct calls and field accesses. It cannot see through a function pointer: a function that is
 * reached by pointer (epoll data, CivetWeb handler, completion) begins with role_assert(). */
#ifndef SNUG_BASE_THREAD_ROLE_H
#define SNUG_BASE_THREAD_ROLE_H

#ifdef __clang__
#define CLANG(a) __attribute__((a))
#else
#define CLANG(a)
#endif
#define ON(role) CLANG(requires_capability(role)) /* functions */
#define OWNED_BY(role) CLANG(guarded_by(role))    /* fields */
#define GUARDED_BY(                                                                                \
    lock) /* fields behind a mutex beside them: for readers, clang 14 cannot name a sibling in C */
#define NO_THREAD_CHECK                                                                            \
    CLANG(no_thread_safety_analysis) /* set-up and tear-down, before or after threads */

struct CLANG(capability("thread")) thread_role {
    const char *name;
};

extern struct thread_role role_reactor, role_writer, role_reader, role_task, role_http,
    role_checkpointer;

/* First and last call in a thread's main function. A thread has one role at a time. */
void role_enter(struct thread_role *role) CLANG(acquire_capability(role));
void role_leave(struct thread_role *role) CLANG(release_capability(role));

/* Aborts unless the calling thread has this role; from here on clang knows it too. */
void role_assert(const struct thread_role *role) CLANG(assert_capability(role));

/* True if the calling thread has this role. */
int role_is(const struct thread_role *role);

#endif
