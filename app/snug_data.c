/* snug_data: the data folder: made if missing, for its owner alone; the secrets that are kept in it. */
#include "base/must.h"
#include "snug_inside.h"
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void say_why(char error[256], const char *what, const char *path)
{
    (void)snprintf(error, 256, "%s %.100s: %s.", what, path,
                   strerrordesc_np(errno)); /* before threads start */
}

static enum err read_secret(const char *path, char out[SECRET_TEXT_SIZE], char error[256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        say_why(error, "Cannot read", path);
        return ERR_IO;
    }
    ssize_t n = read(fd, out, SECRET_TEXT_SIZE - 1);
    (void)close(fd);
    out[n > 0 ? n : 0] = 0;
    if (n == SECRET_TEXT_SIZE - 1)
        return ERR_OK;
    (void)snprintf(error, 256, "%.150s is damaged: it must hold %d characters.", path,
                   SECRET_TEXT_SIZE - 1);
    return ERR_IO;
}

/* Written beside its place, synced and linked, so that a crash leaves either no secret or a whole one; and none is used
 * that a power cut could take back. */
static enum err write_secret(const char *path, const char *secret, char error[256])
{
    char beside[FOLDER_SIZE + 64];
    (void)snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool fine = fd >= 0 && write(fd, secret, SECRET_TEXT_SIZE - 1) == SECRET_TEXT_SIZE - 1 &&
                fsync(fd) == 0;
    if (fd >= 0)
        fine = close(fd) == 0 && fine;
    if (fine && rename(beside, path) == 0 && disk_sync_folder(path) == ERR_OK)
        return ERR_OK;
    say_why(error, "Cannot write", path);
    return ERR_IO;
}

static enum err keep_secret(struct snug *s, const char *name, char out[SECRET_TEXT_SIZE],
                            char error[256])
{
    char path[FOLDER_SIZE + 32];
    (void)snprintf(path, sizeof path, "%s/%s", s->folder, name);
    if (access(path, F_OK) == 0)
        return read_secret(path, out, error);
    unsigned char random[32];
    env_random(&env_real, random, sizeof random);
    random[0] &= 0x7f; /* so that it is a secret of P-256 too */
    (void)sodium_bin2hex(out, SECRET_TEXT_SIZE, random, sizeof random);
    return write_secret(path, out, error);
}

/* The pair of keys by which push services know this server. */
static enum err keep_push_key(struct snug *s, char error[256])
{
    char hex[SECRET_TEXT_SIZE];
    unsigned char secret[PUSH_SECRET_BYTES];
    size_t len = 0;
    enum err e = keep_secret(s, "push_key", hex, error);
    if (e != ERR_OK)
        return e;
    bool whole =
        sodium_hex2bin(secret, sizeof secret, hex, sizeof hex - 1, NULL, &len, NULL) == 0 &&
        len == sizeof secret;
    e = whole ? web_push_pair_of(secret, &s->push_pair) : ERR_BAD_REQUEST;
    if (e == ERR_BAD_REQUEST)
        (void)snprintf(error, 256, "%.150s/push_key is damaged: it is no key.", s->folder);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(hex, sizeof hex);
    return e == ERR_BAD_REQUEST ? ERR_IO : e;
}

/* What is not configured is kept in the file `name`. */
static enum err take_secret(struct snug *s, const char *configured, const char *option,
                            const char *name, char out[SECRET_MAX + 1], char error[256])
{
    if (!configured)
        return keep_secret(s, name, out, error);
    if (strlen(configured) <= SECRET_MAX) {
        text_copy(out, SECRET_MAX + 1, text_of(configured));
        return ERR_OK;
    }
    (void)snprintf(error, 256, "%s must have at most %d bytes.", option, SECRET_MAX);
    return ERR_LIMIT;
}

/* A new folder that a power cut could take back would take all that is acknowledged in it. */
static enum err keep_folder(struct snug *s, char error[256])
{
    enum err e = disk_sync_folder(s->folder);
    if (e != ERR_OK)
        say_why(error, "Cannot write to disk the folder of", s->folder);
    return e;
}

static enum err make_folder(struct snug *s, char error[256])
{
    if (s->options.ephemeral) {
        const char *base = secure_getenv("TMPDIR");
        (void)snprintf(s->folder, sizeof s->folder, "%s/snug-XXXXXX",
                       base && *base ? base : "/tmp");
        if (mkdtemp(s->folder))
            return ERR_OK;
    } else if (strlen(s->options.data) >= sizeof s->folder) {
        errno = ENAMETOOLONG;
    } else {
        text_copy(s->folder, sizeof s->folder, text_of(s->options.data));
        for (size_t len = strlen(s->folder); len > 1 && s->folder[len - 1] == '/'; len--)
            s->folder[len - 1] = 0;
        struct stat st;
        if (mkdir(s->folder, 0700) == 0)
            return keep_folder(s, error);
        if (stat(s->folder, &st) == 0 && S_ISDIR(st.st_mode))
            return ERR_OK;
    }
    say_why(error, "Cannot make the data folder", s->folder);
    return ERR_IO;
}

enum err data_open(struct snug *s, char error[256])
{
    must(sodium_init() >= 0);
    enum err e = make_folder(s, error);
    if (e == ERR_OK)
        e = take_secret(s, s->options.token.hmac_secret_key, "client.token.hmac_secret_key",
                        "token_secret", s->token_secret, error);
    if (e == ERR_OK)
        e = take_secret(s, s->options.api_key, "http_api.key", "api_key", s->api_key, error);
    if (e == ERR_OK)
        e = keep_push_key(s, error);
    return e;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void data_close(struct snug *s)
{
    if (s->options.ephemeral && s->folder[0])
        // NOLINTNEXTLINE(concurrency-mt-unsafe): every other thread has ended
        (void)nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    sodium_memzero(s->token_secret, sizeof s->token_secret);
    sodium_memzero(s->api_key, sizeof s->api_key);
    sodium_memzero(&s->push_pair, sizeof s->push_pair);
}
