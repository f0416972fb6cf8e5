#include "base/hash.h"

#include <sodium.h>

_Static_assert(HASH_KEY_SIZE == crypto_shorthash_KEYBYTES && crypto_shorthash_BYTES == 8,
               "SipHash-2-4");

void hash_key_init(struct hash_key *k, const struct env *env)
{
    env_random(env, k->bytes, sizeof k->bytes);
}

uint64_t hash_of(const struct hash_key *k, struct text t)
{
    uint64_t h;
    (void)crypto_shorthash((unsigned char *)&h, (const unsigned char *)t.data, t.len, k->bytes);
    return h;
}
