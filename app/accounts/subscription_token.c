#include "accounts/inside.h"

enum err accounts_subscription_token(struct accounts *a, struct text token, struct text user,
                                     struct text channel, struct subscription_claims *out)
{
    struct jwt_claims claims;
    enum err e = token_keys_verify(a->subscription_keys ? a->subscription_keys : a->token_keys,
                                   token, &claims);
    if (e != ERR_OK)
        return e;
    int64_t now_s = env_wall_ms(a->env) / 1000;
    if (claims.channel.len == 0 || claims.info.len >= sizeof out->info)
        e = ERR_BAD_TOKEN;
    else if (!text_is(text_of(claims.user), user) || !text_is(claims.channel, channel))
        e = ERR_DENIED;
    else if (claims.ends_s != 0 && claims.ends_s <= now_s)
        e = ERR_TOKEN_EXPIRED;
    if (e == ERR_OK) {
        out->expires_s = claims.ends_s;
        text_copy(out->info, sizeof out->info, claims.info);
    }
    jwt_claims_fini(&claims);
    return e;
}
