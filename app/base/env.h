/* env: the world behind one struct: clocks and chance. Tests own both; nothing else asks the system. */
#ifndef SNUG_BASE_ENV_H
#define SNUG_BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

struct env {
    void *ctx;
    int64_t (*wall_ms)(void *ctx);      /* since 1970, UTC: what is stored and shown */
    int64_t (*monotonic_ms)(void *ctx); /* never jumps: timers and deadlines */
    void (*random)(void *ctx, void *out, size_t len);
};

/* The real clocks and libsodium's generator. */
extern const struct env env_real;

static inline int64_t env_wall_ms(const struct env *e)
{
    return e->wall_ms(e->ctx);
}

static inline int64_t env_monotonic_ms(const struct env *e)
{
    return e->monotonic_ms(e->ctx);
}

static inline void env_random(const struct env *e, void *out, size_t len)
{
    e->random(e->ctx, out, len);
}

/* The same from a stock that the thread has, for what is made at every connection and is no secret that lasts: ids, and when
 * something happens. A process that forks must not take from it in both. */
void env_chance(const struct env *e, void *out, size_t len);

/* Nanoseconds of the real monotonic clock: for measuring, never for deciding. */
int64_t env_nanoseconds(void);

#define UUID_SIZE 37
#define RUN_ID_SIZE 27

#define UUID_BYTES 16

/* A UUID version 4: as text; as its bytes, from the stock; made of 16 random ones; and those as text. */
void env_uuid(const struct env *e, char out[UUID_SIZE]);
void env_uuid_chance(const struct env *e, unsigned char out[UUID_BYTES]);
void env_uuid_mark(unsigned char bytes[UUID_BYTES]);
void env_uuid_text(const unsigned char uuid[UUID_BYTES], char out[UUID_SIZE]);

/* 26 letters and digits (Crockford base32, about 128 bits). */
void env_run_id(const struct env *e, char out[RUN_ID_SIZE]);

#endif
