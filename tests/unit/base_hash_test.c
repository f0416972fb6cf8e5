/* Guards: the hash is SipHash-2-4 of the whole text, and another key gives another hash. */
#include "base/hash.h"
#include "unit.h"

static unsigned char next;

static void given(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = next++;
}

static const struct env env = {.random = given};

/* The example of its paper: the key 00..0f, the text 00..0e, a129ca6149be45e5. */
static void it_is_siphash(void)
{
    char text[15];
    struct hash_key key;
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    next = 0;
    hash_key_init(&key, &env);
    CU_ASSERT_EQUAL(hash_of(&key, (struct text){text, sizeof text}), 0xa129ca6149be45e5);
    CU_ASSERT_NOT_EQUAL(hash_of(&key, (struct text){text, 14}), 0xa129ca6149be45e5);
    CU_ASSERT_EQUAL(hash_of(&key, TEXT_NONE), 0x726fdb47dd0e0e31); /* of nothing */
}

/* Two names that meet under one key do not under another: what was found by trying is worth nothing elsewhere. */
static void another_key_gives_another_hash(void)
{
    struct hash_key one, other;
    next = 0;
    hash_key_init(&one, &env);
    hash_key_init(&other, &env);
    CU_ASSERT_NOT_EQUAL(hash_of(&one, TEXT("room:1")), hash_of(&other, TEXT("room:1")));
}

UNIT("base/hash", CASE(it_is_siphash), CASE(another_key_gives_another_hash))
