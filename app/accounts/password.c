#include "accounts/password.h"

#include <sodium.h>

#define PASSES 2
#define MEMORY_BYTES (19456 * (size_t)1024)

/* Of 32 random bytes that nobody knows, with the same passes and memory. */
static const char nobody[PASSWORD_SIZE] = "$argon2id$v=19$m=19456,t=2,p=1$WlYufZBun1kUwPpFj3Q60g$"
                                          "5A4400RDvlc0tCCsVzkpKgm5x43oG55U3il0t18ehUo";

enum err password_hash(struct text password, char out[PASSWORD_SIZE])
{
    _Static_assert(PASSWORD_SIZE == crypto_pwhash_argon2id_STRBYTES, "as libsodium writes it");
    if (crypto_pwhash_argon2id_str(out, password.data, password.len, PASSES, MEMORY_BYTES) != 0)
        return ERR_NOMEM;
    return ERR_OK;
}

bool password_is(const char *stored, struct text password)
{
    bool known = stored[0] != 0;
    int wrong =
        crypto_pwhash_argon2id_str_verify(known ? stored : nobody, password.data, password.len);
    return known && wrong == 0;
}
