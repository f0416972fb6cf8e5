#include "http/hygiene.h"

#include "http/headers.h"

#include <strings.h>

static bool has_nul(const char *s)
{
    return strstr(s, "%00") != NULL;
}

/* A name, an address or [an address], and a port: nothing that could start another part of a URL. */
static bool is_host(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("/?#@\\,\"<>", c))
            return false;
    }
    return t.len > 0;
}

static bool is_token(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *c))
            return false;
    return *name != 0;
}

static const char *names_fault(const struct door_request *r)
{
    for (unsigned i = 0; i < r->headers_count; i++)
        if (!is_token(r->headers[i].name))
            return "A header's name is not one.";
    return NULL;
}

static const char *host_fault(const struct door_request *r)
{
    unsigned hosts = header_count(r, "Host");
    if (hosts > 1)
        return "There must be one Host.";
    if (hosts == 0)
        return r->http_1_0 ? NULL : "Host is missing.";
    return is_host(header_get(r, "Host")) ? NULL : "Host is not a host.";
}

static const char *length_fault(const struct door_request *r, struct head *head)
{
    unsigned lengths = header_count(r, "Content-Length");
    unsigned codings = header_count(r, "Transfer-Encoding");
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
        return "The length of the body must be said once.";
    if (codings > 0) {
        if (r->http_1_0 || !text_is_nocase(header_get(r, "Transfer-Encoding"), TEXT("chunked")))
            return "Transfer-Encoding must be chunked.";
        head->chunked = true;
    }
    int64_t length = lengths > 0 ? text_number(header_get(r, "Content-Length")) : 0;
    if (length < 0)
        return "Content-Length must be a number.";
    head->body_bytes = length;
    return NULL;
}

struct head head_read(const struct door_request *r)
{
    struct head head = {0};
    if (!r->tidy)
        head.fault = "The request's lines are not as HTTP wants them.";
    if (!head.fault)
        head.fault = names_fault(r);
    if (!head.fault)
        head.fault = host_fault(r);
    if (!head.fault)
        head.fault = length_fault(r, &head);
    if (!head.fault && (has_nul(r->path) || has_nul(r->query)))
        head.fault = "An address must not contain %00.";
    return head;
}
