/* config_keys: whether the keys and certificates that options name can be used. Only a check asks: a start finds out by
 * using them. */
#include "accounts/token_keys.h"
#include "cli/config_inside.h"
#include "http/tls_files.h"

#include <string.h>

/* "NAME is not a key." as what is said of NAME. */
static enum err pass_on(struct reading *r, char sentence[256])
{
    char *words = strchr(sentence, ' ');
    size_t len = strlen(sentence);
    if (!words)
        return ERR_INTERNAL;
    *words++ = 0;
    if (sentence[len - 1] == '.')
        sentence[len - 1] = 0;
    return reading_wrong(r, sentence, "%s", words);
}

/* in: needed: the option that makes no sense without any key; NULL: none may be fine */
static enum err check_token(struct reading *r, const struct token_options *token, const char *group,
                            const char *needed)
{
    char error[256] = "";
    struct token_keys *keys = NULL;
    struct token_keys_options o = {.env = &env_real, .token = token, .group = group};
    enum err e = token_keys_new(&o, &keys, error);
    if (e == ERR_BAD_REQUEST)
        e = pass_on(r, error);
    else if (e == ERR_OK && needed && token_keys_none(keys))
        e = reading_wrong(r, needed, "needs a key beside it");
    token_keys_free(keys);
    return e;
}

enum err reading_keys(struct reading *r)
{
    const struct snug_options *o = &r->config->options;
    char words[256];
    enum err e = check_token(r, &o->token, "client.token", NULL);
    if (e == ERR_OK && o->subscription_token_enabled)
        e = check_token(r, &o->subscription_token, "client.subscription_token",
                        "client.subscription_token.enabled");
    if (e == ERR_OK && o->tls_cert && !tls_files_check(o->tls_cert, o->tls_key, words))
        e = reading_wrong(r, "http_server.tls.cert_pem_file", "%s", words);
    return e;
}
