#include "load/login.h"

#include "base/env.h"
#include "wire/jwt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define DAY_S 86400

/* Byte by byte: what stands behind the line on stdin is for somebody else. */
static enum err read_line(const char *flag, const char *path, struct buf *out, char *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return load_fault(error, "--%s: %.200s cannot be read: %s.", flag, path,
                          strerrordesc_np(errno));
    char c;
    ssize_t n;
    while ((n = read(fd, &c, 1)) == 1 && c != '\n' && out->err == ERR_OK)
        buf_add_char(out, c);
    enum err e = ERR_OK;
    if (n < 0)
        e = load_fault(error, "--%s: %.200s cannot be read: %s.", flag, path,
                       strerrordesc_np(errno));
    if (!is_stdin)
        (void)close(fd);
    while (out->len > 0 && out->data[out->len - 1] == '\r')
        out->len--;
    return e;
}

static enum err read_variable(const char *flag, const char *name, char *const *environment,
                              struct buf *out, char *error)
{
    size_t len = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=') {
            buf_add_text(out, text_of(*environment + len + 1));
            return ERR_OK;
        }
    return load_fault(error, "--%s: there is no variable %s.", flag, name);
}

/* A token goes into JSON as it is. */
static bool only_token_letters(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.data[i] <= ' ' || (unsigned char)t.data[i] >= 127 ||
            t.data[i] == '"' || t.data[i] == '\\')
            return false;
    return true;
}

enum err login_init(struct login *g, const struct load_options *o, char *const *environment,
                    char error[LOAD_ERROR_SIZE])
{
    *g = (struct login){.now_s = env_wall_ms(&env_real) / 1000};
    buf_init(&g->token, LOGIN_TOKEN_MAX);
    buf_init(&g->secret, LOGIN_TOKEN_MAX);
    buf_init(&g->api_key, LOGIN_TOKEN_MAX);
    struct {
        const char *flag, *value;
        bool variable;
        struct buf *out;
    } sources[] = {
        {"token-file", o->token_file, false, &g->token},
        {"token-secret-file", o->secret_file, false, &g->secret},
        {"token-secret-env", o->secret_env, true, &g->secret},
        {"api-key-env", o->api_key_env, true, &g->api_key},
    };
    if (o->token)
        buf_add_text(&g->token, text_of(o->token));
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct buf *out = sources[i].out;
        if (!sources[i].value)
            continue;
        enum err e = sources[i].variable
                         ? read_variable(sources[i].flag, sources[i].value, environment, out, error)
                         : read_line(sources[i].flag, sources[i].value, out, error);
        if (e != ERR_OK)
            return e;
        if (out->err != ERR_OK || out->len == 0)
            return load_fault(error, "--%s: what %.200s holds is %s.", sources[i].flag,
                              sources[i].value, out->err != ERR_OK ? "too long" : "empty");
    }
    if (!only_token_letters(buf_text(&g->token)))
        return load_fault(error,
                          "The token is no token: it has quotes, spaces or foreign letters.");
    if (!only_token_letters(buf_text(&g->api_key)))
        return load_fault(error, "--api-key-env: the key has quotes, spaces or foreign letters.");
    return ERR_OK;
}

static void forget(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->room);
    buf_fini(b);
}

void login_fini(struct login *g)
{
    forget(&g->token);
    forget(&g->secret);
    forget(&g->api_key);
}

bool login_has(const struct login *g)
{
    return g->token.len > 0 || g->secret.len > 0;
}

enum err login_token(const struct login *g, uint32_t user, struct buf *out)
{
    if (g->token.len > 0) {
        buf_add_text(out, buf_text(&g->token));
        return out->err;
    }
    struct jwt_claims claims = {.expires_s = g->now_s + DAY_S};
    (void)snprintf(claims.user, sizeof claims.user, "load-%u", user);
    return jwt_sign(&claims, g->now_s, buf_text(&g->secret), out);
}
