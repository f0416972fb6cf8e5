/* service: one notification to the push service of one browser. source: RFC 8030 5 */
#include "base/env.h"
#include "net/fetch.h"
#include "push/inside.h"

#include <sodium.h>
#include <stdio.h>

#define TTL_S 14400 /* who comes back later than in four hours sees it in the room anyway */
#define TOKEN_S (INT64_C(12) * 3600)
#define AUTHORIZATION_MAX 2048

static enum err make_pair(const struct pusher *p, struct web_push_pair *out)
{
    unsigned char secret[PUSH_SECRET_BYTES];
    enum err e;
    do {
        env_random(p->env, secret, sizeof secret);
        e = web_push_pair_of(secret, out);
    } while (e == ERR_BAD_REQUEST); /* once in 2^32 */
    sodium_memzero(secret, sizeof secret);
    return e;
}

static enum err seal(const struct pusher *p, const struct letter *letter, struct buf *out)
{
    struct web_push_pair own;
    unsigned char salt[PUSH_SALT_BYTES];
    enum err e = make_pair(p, &own);
    if (e != ERR_OK)
        return e;
    env_random(p->env, salt, sizeof salt);
    e = web_push_encrypt(letter->payload, letter->to, &own, salt, out);
    sodium_memzero(&own, sizeof own);
    return e;
}

static enum err authorize(struct pusher *p, const char *origin, struct buf *out)
{
    const char *contact = p->contact ? p->contact : atomic_load(&p->url);
    struct web_push_vapid v = {&p->pair, text_of(origin), text_of(contact),
                               env_wall_ms(p->env) / 1000 + TOKEN_S};
    buf_add_text(out, TEXT("Authorization: "));
    enum err e = web_push_authorize(&v, out);
    buf_add_char(out, 0);
    return e != ERR_OK ? e : out->err;
}

static const char *words_of(enum err e)
{
    switch (e) {
    case ERR_TIMEOUT:
        return "The push service did not answer in time.";
    case ERR_IO:
        return "The push service could not be reached.";
    case ERR_DENIED:
        return "The push service is in a private network, which push.private_addresses must allow.";
    default:
        return err_text(e);
    }
}

ON(role_task)
static enum err send_sealed(struct pusher *p, const struct letter *letter,
                            const char *authorization, struct text body, struct fetch_answer *out)
{
    char topic[40], ttl[40], why[FETCH_WHY_SIZE];
    (void)snprintf(topic, sizeof topic, "Topic: room-%lld", (long long)letter->room_id);
    (void)snprintf(ttl, sizeof ttl, "TTL: %d", TTL_S);
    const char *const headers[] = {
        authorization,
        "Content-Encoding: aes128gcm",
        "Content-Type: application/octet-stream",
        ttl,
        "Urgency: high", /* normal waits until a phone that sleeps wakes up by itself */
        letter->room_id ? topic : NULL,
        NULL};
    struct fetch_post post = {.url = letter->endpoint,
                              .headers = headers,
                              .body = body,
                              .deadline_ms = PUSH_DEADLINE_MS,
                              .anywhere = p->anywhere,
                              .stop = &p->stop};
    return fetch_post(&post, out, why); /* why may name what is behind the address */
}

enum err service_post(struct pusher *p, const struct letter *letter, unsigned *out_status,
                      int64_t *out_retry_ms, const char **out_why)
{
    struct fetch_place service;
    struct fetch_answer answer = {0};
    struct buf body, authorization;
    buf_init(&body, PUSH_BODY_MAX);
    buf_init(&authorization, AUTHORIZATION_MAX);
    enum err e = fetch_place_of(letter->endpoint, &service);
    if (e == ERR_OK)
        e = seal(p, letter, &body);
    if (e == ERR_OK)
        e = authorize(p, service.origin, &authorization);
    if (e == ERR_OK)
        e = send_sealed(p, letter, authorization.data, buf_text(&body), &answer);
    if (e == ERR_OK) {
        *out_status = answer.status;
        *out_retry_ms = answer.retry_after_s < 86400 ? answer.retry_after_s * 1000 : INT64_MAX / 2;
    }
    *out_why = e == ERR_OK ? "" : words_of(e);
    buf_fini(&body);
    buf_fini(&authorization);
    return e;
}
