#include "accounts/token_keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct token_keys {
    const struct env *env;
    struct jwt_keys *keys;
    struct key_source *source;        /* NULL: no URL serves keys */
    char option[64];                  /* its name */
    char *secret, *audience, *issuer; /* owned; "": none */
};

/* ---- the configuration */

static enum err fault(char error[256], const char *group, const char *option, const char *what)
{
    (void)snprintf(error, 256, "%s.%s is not %s.", group, option, what);
    return ERR_BAD_REQUEST;
}

static enum err add_keys(struct token_keys *k, const struct token_keys_options *o, char error[256])
{
    const struct token_options *t = o->token;
    enum err e = ERR_OK;
    if (t->hmac_secret_key)
        e = jwt_keys_add_secret(k->keys, text_of(t->hmac_secret_key));
    if (e == ERR_BAD_REQUEST)
        return fault(error, o->group, "hmac_secret_key", "a secret");
    if (e == ERR_OK && t->rsa_public_key)
        e = jwt_keys_add_rsa(k->keys, text_of(t->rsa_public_key));
    if (e == ERR_BAD_REQUEST)
        return fault(error, o->group, "rsa_public_key",
                     "an RSA public key in PEM, of 2048 to 8192 bits");
    if (e == ERR_OK && t->ecdsa_public_key)
        e = jwt_keys_add_ecdsa(k->keys, text_of(t->ecdsa_public_key));
    if (e == ERR_BAD_REQUEST)
        return fault(error, o->group, "ecdsa_public_key",
                     "an ECDSA public key in PEM, of P-256, P-384 or P-521");
    return e;
}

static enum err add_source(struct token_keys *k, const struct token_keys_options *o,
                           char error[256])
{
    if (!o->token->jwks_public_endpoint)
        return ERR_OK;
    (void)snprintf(k->option, sizeof k->option, "%s.jwks_public_endpoint", o->group);
    struct key_source_options so = {
        .env = o->env,
        .tasks = o->tasks,
        .url = o->token->jwks_public_endpoint,
        .option = k->option,
    };
    enum err e = key_source_new(&so, &k->source);
    if (e == ERR_BAD_REQUEST)
        return fault(error, o->group, "jwks_public_endpoint", "an http or https URL");
    return e;
}

enum err token_keys_new(const struct token_keys_options *options, struct token_keys **out_keys,
                        char error[256])
{
    const struct token_options *t = options->token;
    enum err e = ERR_NOMEM;
    struct token_keys *k = calloc(1, sizeof *k);
    if (!k)
        goto done;
    k->env = options->env;
    k->keys = jwt_keys_new();
    k->secret = text_dup(text_of(t->hmac_secret_key));
    k->audience = text_dup(text_of(t->audience));
    k->issuer = text_dup(text_of(t->issuer));
    if (!k->keys || !k->secret || !k->audience || !k->issuer)
        goto done;
    e = add_keys(k, options, error);
    if (e == ERR_OK)
        e = add_source(k, options, error);
    if (e != ERR_OK)
        goto done;
    *out_keys = k;
    k = NULL; /* handed over */
done:
    token_keys_free(k);
    return e;
}

struct token_keys *token_keys_free(struct token_keys *k)
{
    if (!k)
        return NULL;
    if (k->secret)
        sodium_memzero(k->secret, strlen(k->secret));
    free(k->secret);
    free(k->audience);
    free(k->issuer);
    jwt_keys_unref(k->keys);
    (void)key_source_free(k->source);
    free(k);
    return NULL;
}

bool token_keys_none(const struct token_keys *k)
{
    return jwt_keys_count(k->keys) == 0 && !k->source;
}

void token_keys_stop(struct token_keys *k)
{
    if (k)
        key_source_stop(k->source);
}

void token_keys_tick(struct token_keys *k)
{
    if (k && k->source)
        key_source_tick(k->source);
}

/* ---- tokens */

enum err token_keys_verify(struct token_keys *k, struct text token, struct jwt_claims *out)
{
    struct jwt_keys *set = k->source ? key_source_keys(k->source) : NULL;
    struct jwt_trust trust = {
        .keys = k->keys,
        .by_kid = k->source != NULL,
        .set = set,
        .audience = text_of(k->audience),
        .issuer = text_of(k->issuer),
    };
    enum err e = jwt_verify(token, &trust, env_wall_ms(k->env) / 1000, out);
    if (e == ERR_NOT_FOUND)
        e = key_source_miss(k->source, set);
    jwt_keys_unref(set);
    return e;
}

enum err token_keys_wait(struct token_keys *k, struct key_waiter waiter)
{
    return key_source_wait(k->source, waiter);
}

enum err token_keys_sign(struct token_keys *k, const struct jwt_claims *claims, struct buf *out)
{
    struct jwt_claims ours = *claims;
    ours.audience = text_of(k->audience);
    ours.issuer = text_of(k->issuer);
    return jwt_sign(&ours, env_wall_ms(k->env) / 1000, text_of(k->secret), out);
}
