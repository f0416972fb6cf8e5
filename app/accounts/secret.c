#include "accounts/secret.h"

#include "base/must.h"

#include <sodium.h>

void secret_make(const struct env *env, char out[SECRET_SIZE])
{
    unsigned char bytes[32];
    env_random(env, bytes, sizeof bytes);
    must(sodium_bin2base64(out, SECRET_SIZE, bytes, sizeof bytes,
                           sodium_base64_VARIANT_URLSAFE_NO_PADDING) != NULL);
    sodium_memzero(bytes, sizeof bytes);
}

void code_make(const struct env *env, char out[CODE_SIZE])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t have = 0;
    while (have < CODE_SIZE - 1) {
        unsigned char bytes[32];
        env_random(env, bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes && have < CODE_SIZE - 1; i++)
            if (bytes[i] < 248) /* 4 * 62: every letter equally likely */
                out[have++] = letters[bytes[i] % 62];
    }
    out[have] = 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool code_read(struct text t, char out[CODE_SIZE])
{
    size_t have = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] == '-')
            continue;
        if (!is_letter_or_digit(t.data[i]) || have == CODE_SIZE - 1)
            return false;
        out[have++] = t.data[i];
    }
    out[have] = 0;
    return have == CODE_SIZE - 1;
}

void secret_hash(struct text secret, unsigned char out[SECRET_HASH_SIZE])
{
    (void)crypto_hash_sha256(out, (const unsigned char *)secret.data, secret.len);
}

bool secret_is(struct text a, struct text b)
{
    unsigned char left[SECRET_HASH_SIZE], right[SECRET_HASH_SIZE];
    secret_hash(a, left);
    secret_hash(b, right);
    return sodium_memcmp(left, right, sizeof left) == 0;
}
