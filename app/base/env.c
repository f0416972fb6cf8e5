#include "base/env.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    must(clock_gettime(clock, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_wall_ms(void *ctx)
{
    (void)ctx;
    return clock_ms(CLOCK_REALTIME);
}

static int64_t real_monotonic_ms(void *ctx)
{
    (void)ctx;
    return clock_ms(CLOCK_MONOTONIC);
}

static void real_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    must(sodium_init() >= 0); /* 1: it already was */
    randombytes_buf(out, len);
}

const struct env env_real = {NULL, real_wall_ms, real_monotonic_ms, real_random};

int64_t env_nanoseconds(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The system is asked once for many. What has been given is not there any more. */
void env_chance(const struct env *e, void *out, size_t len)
{
    static _Thread_local struct {
        unsigned char bytes[512];
        size_t left;
    } stock;
    if (e->random != real_random || len > sizeof stock.bytes) {
        env_random(e, out, len);
        return;
    }
    if (stock.left < len) {
        env_random(e, stock.bytes, sizeof stock.bytes);
        stock.left = sizeof stock.bytes;
    }
    stock.left -= len;
    memcpy(out, stock.bytes + stock.left, len);
    memset(stock.bytes + stock.left, 0, len);
}

void env_uuid_mark(unsigned char bytes[UUID_BYTES])
{
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4, RFC 9562 5.4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
}

void env_uuid_chance(const struct env *e, unsigned char out[UUID_BYTES])
{
    env_chance(e, out, UUID_BYTES);
    env_uuid_mark(out);
}

void env_uuid_text(const unsigned char uuid[UUID_BYTES], char out[UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[uuid[i] >> 4];
        *at++ = digits[uuid[i] & 15];
    }
    *at = 0;
}

void env_uuid(const struct env *e, char out[UUID_SIZE])
{
    unsigned char b[UUID_BYTES];
    env_random(e, b, sizeof b);
    env_uuid_mark(b);
    env_uuid_text(b, out);
}

void env_run_id(const struct env *e, char out[RUN_ID_SIZE])
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char b[RUN_ID_SIZE - 1];
    env_random(e, b, sizeof b);
    for (size_t i = 0; i < sizeof b; i++)
        out[i] = letters[b[i] & 31];
    out[sizeof b] = 0;
}
