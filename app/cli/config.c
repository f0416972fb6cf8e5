#include "cli/config_inside.h"
#include "http/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_BYTES 64

bool config_is_option(struct text name)
{
    return option_find(&options_all, name) != NULL;
}

bool config_is_switch(struct text name)
{
    const struct option *o = option_find(&options_all, name);
    return o && option_is_switch(o->kind);
}

const char *config_nearest(struct text name)
{
    const struct option *near = option_nearest(&options_all, name);
    return near ? near->name : NULL;
}

const char *config_keep(struct config *c, struct text t)
{
    char **more = realloc(c->texts, (c->texts_count + 1) * sizeof *more);
    if (!more)
        return NULL;
    c->texts = more;
    char *copy = text_dup(t);
    if (copy)
        c->texts[c->texts_count++] = copy;
    return copy;
}

/* ---- setting */

enum err reading_set(struct reading *r, const struct option *o, void *record, const char *name,
                     struct text value)
{
    if (o->kind == KIND_NAMESPACES)
        return namespaces_parse(r, value);
    enum err e = option_set(r->config, o, record, value, r->add);
    if (e == ERR_BAD_REQUEST)
        return reading_wrong(r, name, "must be %s", option_words(o->kind));
    if (e != ERR_OK)
        (void)snprintf(r->error, CONFIG_ERROR_SIZE, "%.*s: %s", CONFIG_NAME_SIZE, name,
                       err_text(e));
    return e;
}

enum err config_set(struct config *c, struct text name, struct text value, bool add,
                    char error[CONFIG_ERROR_SIZE])
{
    struct reading r = {.config = c, .error = error, .add = add};
    const struct option *o = option_find(&options_all, name);
    if (o)
        return reading_set(&r, o, c, o->name, value);
    char said[CONFIG_NAME_SIZE];
    text_copy(said, sizeof said, name);
    return reading_unknown(&r, said, option_nearest(&options_all, name));
}

enum err config_init(struct config *c)
{
    char error[CONFIG_ERROR_SIZE];
    *c = (struct config){0};
    struct reading r = {.config = c, .error = error};
    for (size_t i = 0; i < options_all.count; i++) {
        const struct option *o = &options_all.list[i];
        enum err e = reading_set(&r, o, c, o->name, text_of(o->fallback));
        if (e != ERR_OK) {
            config_fini(c);
            return e;
        }
    }
    c->listen_given = c->http_given = c->tls_given = false;
    return ERR_OK;
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < c->texts_count; i++)
        free(c->texts[i]);
    free(c->texts);
    free(c->namespaces);
    *c = (struct config){0};
}

/* ---- all together */

static enum err settle_listen(struct reading *r)
{
    struct config *c = r->config;
    if (!c->http_given || c->listen_given)
        return ERR_OK;
    char address[300];
    const char *all = c->options.insecure ? "127.0.0.1" : "0.0.0.0"; /* see settle_insecure */
    const char *host = c->http_address ? c->http_address : all;
    bool bare = strchr(host, ':') && host[0] != '['; /* IPv6 */
    int len = snprintf(address, sizeof address, "%s%s%s:%u", bare ? "[" : "", host, bare ? "]" : "",
                       c->http_port);
    if (len < 0 || len >= (int)sizeof address)
        return reading_wrong(r, "http_server.address", "must be %s", option_words(KIND_HOST));
    c->options.listen[0] = config_keep(c, text_of(address));
    c->options.listen_count = 1;
    c->listen_given = true;
    return c->options.listen[0] ? ERR_OK : ERR_NOMEM;
}

/* Without tokens anybody may do anything: anybody on this machine, then (S44). */
static enum err settle_insecure(struct reading *r)
{
    const struct snug_options *o = &r->config->options;
    for (unsigned i = 0; o->insecure && i < o->listen_count; i++)
        if (!http_is_loopback(o->listen[i]))
            return reading_wrong(r, "client.insecure",
                                 "needs every address on the loopback, and listen has %.100s",
                                 o->listen[i]);
    return ERR_OK;
}

static enum err settle_tls(struct reading *r)
{
    struct config *c = r->config;
    if (!c->tls_given)
        return ERR_OK;
    if (c->tls_on && !c->options.tls_cert)
        return reading_wrong(r, "http_server.tls.enabled", "needs http_server.tls.cert_pem_file");
    if (!c->tls_on)
        c->options.tls_cert = c->options.tls_key = NULL;
    return ERR_OK;
}

enum err reading_settle(struct reading *r)
{
    enum err e = settle_listen(r);
    if (e == ERR_OK)
        e = settle_insecure(r);
    if (e == ERR_OK)
        e = settle_tls(r);
    return e == ERR_OK ? namespaces_settle(r) : e;
}

enum err config_settle(struct config *c, char error[CONFIG_ERROR_SIZE])
{
    struct reading r = {.config = c, .error = error};
    return reading_settle(&r);
}

/* ---- the environment */

static void variable_name(const char *name, char out[NAME_MAX_BYTES + 8])
{
    size_t n = (size_t)snprintf(out, NAME_MAX_BYTES + 8, "SNUG_%s", name);
    for (size_t i = 5; i < n && out[i]; i++)
        out[i] = isalnum((unsigned char)out[i]) ? (char)toupper((unsigned char)out[i]) : '_';
}

enum err config_read_environment(struct config *c, char *const *environment,
                                 char error[CONFIG_ERROR_SIZE])
{
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals || strncmp(*environment, "SNUG_", 5) != 0)
            continue;
        struct text given = {*environment, (size_t)(equals - *environment)};
        for (size_t i = 0; i < options_all.count; i++) {
            char name[NAME_MAX_BYTES + 8], inside[CONFIG_ERROR_SIZE];
            variable_name(options_all.list[i].name, name);
            if (!text_is(given, text_of(name)))
                continue;
            enum err e = config_set(c, text_of(options_all.list[i].name), text_of(equals + 1),
                                    false, inside);
            if (e != ERR_OK) {
                (void)snprintf(error, CONFIG_ERROR_SIZE, "%s: %.400s", name, inside);
                return e;
            }
        }
    }
    return ERR_OK;
}

void config_write_table(struct buf *out)
{
    for (size_t i = 0; i < options_all.count; i++)
        buf_add_format(out, "  --%-38s %s%s%s%s\n", options_all.list[i].name,
                       options_all.list[i].text, options_all.list[i].fallback[0] ? " (" : "",
                       options_all.list[i].fallback, options_all.list[i].fallback[0] ? ")" : "");
}
