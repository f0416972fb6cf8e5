#include "load/target.h"

static bool copy(char *out, size_t size, struct text t)
{
    return text_copy(out, size, t) == t.len && memchr(t.data, 0, t.len) == NULL;
}

static bool read_port(struct text t, struct load_target *out)
{
    int64_t port = text_id(t);
    return port >= 1 && port <= 65535 && copy(out->port, sizeof out->port, t);
}

/* "host", "host:port", "[v6]:port" */
static bool read_authority(struct text t, struct load_target *out)
{
    const char *end = t.len > 0 && t.data[0] == '[' ? memchr(t.data, ']', t.len) : NULL;
    struct text host = t, port;
    size_t after = 0;
    if (end) {
        host = (struct text){t.data + 1, (size_t)(end - t.data) - 1};
        after = host.len + 2;
    } else {
        const char *colon = memchr(t.data, ':', t.len);
        host.len = after = colon ? (size_t)(colon - t.data) : t.len;
    }
    bool has_port = after < t.len;
    if (has_port) {
        if (t.data[after] != ':')
            return false;
        port = text_after(t, after + 1);
    } else {
        port = out->tls ? TEXT("443") : TEXT("80");
    }
    return host.len > 0 && copy(out->host, sizeof out->host, host) && read_port(port, out) &&
           copy(out->authority, sizeof out->authority, t);
}

bool load_target_read(struct text url, struct load_target *out)
{
    *out = (struct load_target){0};
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.data[i] <= ' ' || url.data[i] == 127 || url.data[i] == '#')
            return false;
    if (text_starts(url, TEXT("wss://")))
        out->tls = true;
    else if (!text_starts(url, TEXT("ws://")))
        return false;
    struct text rest = text_after(url, out->tls ? 6 : 5);
    size_t host_len = 0;
    while (host_len < rest.len && rest.data[host_len] != '/' && rest.data[host_len] != '?')
        host_len++;
    if (!read_authority((struct text){rest.data, host_len}, out))
        return false;
    struct text path = text_after(rest, host_len);
    if (path.len > 0 && path.data[0] == '/')
        return copy(out->path, sizeof out->path, path);
    out->path[0] = '/';
    return copy(out->path + 1, sizeof out->path - 1, path);
}
