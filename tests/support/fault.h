/* fault: makes the n-th allocation fail, so that every "no memory" branch is walked once.
 *
 * The unit tests are linked with --wrap for malloc, calloc, realloc, strdup and strndup, so every call in
 * our code and in the static libraries is counted, under sanitizers too. The countdown belongs to the
 * calling thread: other threads allocate as always.
 *
 *     for (unsigned n = 1;; n++) {
 *         fault_at(n);
 *         enum err e = thing_new(&thing);
 *         if (!fault_end())
 *             break; // it needed fewer than n allocations: all of them have been tried
 *         CHECK_INT(e, ERR_NOMEM);
 *     } */
#ifndef SNUG_TESTS_FAULT_H
#define SNUG_TESTS_FAULT_H

#include <stdbool.h>

/* The n-th allocation of this thread from now on (1: the next) returns NULL, all others succeed. */
void fault_at(unsigned n);

/* As fault_at, and every allocation after the n-th fails too, until fault_end. */
void fault_from(unsigned n);

/* Ends the countdown. Returns true if an allocation was made to fail. */
bool fault_end(void);

#endif
