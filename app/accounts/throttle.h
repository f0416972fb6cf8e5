/* throttle: failed tries, counted in a token bucket for each account and each address. Who has no token left waits.
 *
 * A bounded table: eight places for each of some hundred sets, found through a keyed hash, so that nobody can choose
 * whom to push out; a full set gives up the place with the most tokens left. thread: any */
#ifndef SNUG_ACCOUNTS_THROTTLE_H
#define SNUG_ACCOUNTS_THROTTLE_H

#include "base/env.h"
#include "base/text.h"

struct throttle;

enum throttle_kind { THROTTLE_ACCOUNT, THROTTLE_ADDRESS };

/* burst 0: no limit. NULL: no memory. */
struct throttle *throttle_new(const struct env *env, double burst, double per_s);
struct throttle *throttle_free(struct throttle *t);

/* 0: may try now; else how long until it may, in milliseconds. Takes nothing. */
int64_t throttle_wait_ms(struct throttle *t, enum throttle_kind kind, struct text key);

/* A failed try takes a token. Accounts are one without regard to case, IPv6 addresses by their first 64 bits. */
void throttle_failed(struct throttle *t, enum throttle_kind kind, struct text key);

#endif
