#include "files/blob.h"

#include "base/must.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void blob_name(const struct env *env, char out[BLOB_NAME_SIZE])
{
    unsigned char chance[(BLOB_NAME_SIZE - 1) / 2];
    env_random(env, chance, sizeof chance);
    (void)sodium_bin2hex(out, BLOB_NAME_SIZE, chance, sizeof chance);
}

bool blob_is_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == BLOB_NAME_SIZE - 1 && name[BLOB_NAME_SIZE - 1] == 0;
}

enum err blob_path(const char *files, const char *name, bool part, char out[BLOB_PATH_SIZE])
{
    must(blob_is_name(name));
    int n = snprintf(out, BLOB_PATH_SIZE, "%s/%.2s/%s%s", files, name, name, part ? ".part" : "");
    return n > 0 && n < BLOB_PATH_SIZE ? ERR_OK : ERR_LIMIT;
}
