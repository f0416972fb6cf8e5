/* must: states what cannot be otherwise; stays on in release. Never for input: input gets an error. */
#ifndef SNUG_BASE_MUST_H
#define SNUG_BASE_MUST_H

#define must(x) ((x) ? (void)0 : must_failed(#x, __FILE__, __LINE__))

/* Prints the statement and its place to stderr and aborts. */
_Noreturn void must_failed(const char *statement, const char *file, int line);

#endif
