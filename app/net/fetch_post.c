#include "net/fetch_inside.h"
#include "net/public_address.h"

#include <stdio.h>
#include <unistd.h>

#define ANSWER_MAX_BYTES ((size_t)64 << 10) /* more is not read */

/* ---- where a URL leads */

static enum err err_of(CURLUcode code)
{
    return code == CURLUE_OK ? ERR_OK : code == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_BAD_REQUEST;
}

/* "https://host", ":port" if one is named that is not the usual one; in small letters, as origins are compared. */
static enum err write_origin(CURLU *parts, struct fetch_place *out)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    enum err e = err_of(curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0));
    if (e == ERR_OK)
        e = err_of(curl_url_get(parts, CURLUPART_HOST, &host, 0));
    if (e == ERR_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OUT_OF_MEMORY)
        e = ERR_NOMEM;
    if (e == ERR_OK) {
        out->secure = strcmp(scheme, "https") == 0;
        int len = snprintf(out->origin, sizeof out->origin, "%s://%s%s%s", scheme, host,
                           port ? ":" : "", port ? port : "");
        if ((!out->secure && strcmp(scheme, "http") != 0) || !host[0] || len <= 0 ||
            (size_t)len >= sizeof out->origin)
            e = ERR_BAD_REQUEST;
    }
    for (char *c = out->origin; e == ERR_OK && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return e;
}

/* errors: ERR_BAD_REQUEST it has that part; ERR_NOMEM */
static enum err has_no(CURLU *parts, CURLUPart which)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(parts, which, &value, 0);
    curl_free(value);
    return code == CURLUE_OK ? ERR_BAD_REQUEST : code == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_OK;
}

enum err fetch_place_of(const char *url, struct fetch_place *out)
{
    fetch_start_once();
    CURLU *parts = curl_url();
    enum err e = parts ? err_of(curl_url_set(parts, CURLUPART_URL, url, 0)) : ERR_NOMEM;
    if (e == ERR_OK)
        e = has_no(parts, CURLUPART_USER);
    if (e == ERR_OK)
        e = has_no(parts, CURLUPART_PASSWORD);
    if (e == ERR_OK)
        e = has_no(parts, CURLUPART_FRAGMENT);
    if (e == ERR_OK)
        e = write_origin(parts, out);
    curl_url_cleanup(parts);
    return e;
}

/* ---- sending */

struct posting {
    const struct fetch_post *post;
    size_t came;
    bool refused; /* an address that is not public */
};

/* The answer's text is of no use: as much is read as lets the connection end well. */
static size_t on_answer(char *bytes, size_t size, size_t count, void *data)
{
    struct posting *p = data;
    (void)bytes;
    p->came += size * count;
    return p->came <= ANSWER_MAX_BYTES ? size * count : 0;
}

/* curl asks for a socket to the very address that it connects to. */
static curl_socket_t on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct posting *p = data;
    (void)purpose;
    if (!p->post->anywhere && !address_is_public(&to->addr, (socklen_t)to->addrlen)) {
        p->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* NULL: no memory */
static struct curl_slist *list_headers(const char *const *headers)
{
    /* without the first curl waits for leave to send a long body, the second is its form's type */
    static const char *const unwanted[] = {"Expect:", "Content-Type:", NULL};
    struct curl_slist *list = NULL;
    for (const char *const *from = unwanted; from; from = from == unwanted ? headers : NULL)
        for (size_t i = 0; from[i]; i++) {
            struct curl_slist *longer = curl_slist_append(list, from[i]);
            if (!longer) {
                curl_slist_free_all(list);
                return NULL;
            }
            list = longer;
        }
    return list;
}

static bool set_up(CURL *curl, struct posting *p, struct curl_slist *headers,
                   char why[FETCH_WHY_SIZE])
{
    const struct fetch_post *post = p->post;
    bool good = fetch_set_up(curl, post->anywhere ? "http,https" : "https", post->deadline_ms,
                             post->stop, why) &&
                curl_easy_setopt(curl, CURLOPT_URL, post->url) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)post->body.len) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body.data) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, p) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_WRITEDATA, p) == CURLE_OK;
    if (!post->anywhere) /* a proxy would be who connects */
        good = good && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
    return good;
}

static enum err judge(CURL *curl, CURLcode result, const struct posting *p,
                      struct fetch_answer *out, char why[FETCH_WHY_SIZE])
{
    long status = 0;
    curl_off_t after_s = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after_s);
    bool cut_by_us = result == CURLE_WRITE_ERROR && p->came > ANSWER_MAX_BYTES;
    if (result != CURLE_OK && !cut_by_us)
        return p->refused && result == CURLE_COULDNT_CONNECT
                   ? fetch_say(why, ERR_DENIED, "The address is not a public one.")
                   : fetch_failed(result, why);
    if (status < 100 || status > 999)
        return fetch_say(why, ERR_IO, "The answer is none of HTTP.");
    why[0] = 0;
    *out = (struct fetch_answer){(unsigned)status, after_s > 0 ? after_s : 0};
    return ERR_OK;
}

enum err fetch_post(const struct fetch_post *post, struct fetch_answer *out,
                    char why[FETCH_WHY_SIZE])
{
    struct posting p = {.post = post};
    struct fetch_place place;
    why[0] = 0;
    enum err e = fetch_place_of(post->url, &place);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? fetch_say(why, e, err_text(e))
                              : fetch_say(why, ERR_IO, "This is not an http or https URL.");
    if (!place.secure && !post->anywhere)
        return fetch_say(why, ERR_DENIED, "This is not an https URL.");
    e = ERR_NOMEM;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = list_headers(post->headers);
    if (curl && headers && set_up(curl, &p, headers, why))
        e = judge(curl, curl_easy_perform(curl), &p, out, why);
    else
        (void)fetch_say(why, e, err_text(e));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return e;
}
