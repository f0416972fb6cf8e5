/* hash: of what comes from outside, for tables: keyed (SipHash-2-4), so that nobody who does not know the key can choose names
 * that meet in one bucket. thread: any */
#ifndef SNUG_BASE_HASH_H
#define SNUG_BASE_HASH_H

#include "base/env.h"
#include "base/text.h"

#define HASH_KEY_SIZE 16

/* Each table, or what has several, has its own. */
struct hash_key {
    unsigned char bytes[HASH_KEY_SIZE];
};

void hash_key_init(struct hash_key *k, const struct env *env);
uint64_t hash_of(const struct hash_key *k, struct text t);

#endif
