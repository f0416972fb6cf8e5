#include "files/blob.h"

#include "base/must.h"
#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PART ".part"

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

bool blob_of_entry(const char *entry, char out_name[BLOB_NAME_SIZE], bool *out_part)
{
    const char *rest = entry + text_copy(out_name, BLOB_NAME_SIZE, text_of(entry));
    *out_part = strcmp(rest, PART) == 0;
    return blob_is_name(out_name) && (*out_part || !*rest);
}

enum err blob_path(const char *files, const char *name, bool part, char out[BLOB_PATH_SIZE])
{
    must(blob_is_name(name));
    int n = snprintf(out, BLOB_PATH_SIZE, "%s/%.2s/%s%s", files, name, name, part ? PART : "");
    return n > 0 && n < BLOB_PATH_SIZE ? ERR_OK : ERR_LIMIT;
}
