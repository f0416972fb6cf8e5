#include "base/must.h"
#include "net/fetch_inside.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

#define REDIRECTS_MAX 3L

struct transfer {
    const struct fetch_options *options;
    struct buf *body;
};

/* curl needs it once, before its first handle, whichever thread comes first. */
static void start_curl(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void fetch_start_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    must(pthread_once(&once, start_curl) == 0);
}

static bool is_scheme(const char *scheme)
{
    return scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
}

/* The scheme of a URL with a host, or NULL; owned (curl_free). */
static char *scheme_of(const char *url)
{
    char *scheme = NULL, *host = NULL;
    CURLU *parts = curl_url();
    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        (void)curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    curl_free(host);
    curl_url_cleanup(parts);
    if (is_scheme(scheme))
        return scheme;
    curl_free(scheme);
    return NULL;
}

bool fetch_can(const char *url)
{
    fetch_start_once();
    char *scheme = scheme_of(url);
    curl_free(scheme);
    return scheme != NULL;
}

/* Less than came ends the transfer; the buffer says why. */
static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *t = data;
    buf_add(t->body, bytes, size * count);
    return t->body->err == ERR_OK ? size * count : 0;
}

static int on_progress(void *data, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const atomic_bool *stop = data;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return atomic_load(stop);
}

bool fetch_set_up(CURL *curl, const char *schemes, int64_t deadline_ms, const atomic_bool *stop,
                  char why[FETCH_WHY_SIZE])
{
    bool good = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, schemes) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)deadline_ms) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && /* other threads run */
                curl_easy_setopt(curl, CURLOPT_USERAGENT, "snug") == CURLE_OK;
    (void)curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a slow name server */
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    if (stop) {
        (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, stop);
        (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    }
    return good;
}

static bool set_up(CURL *curl, struct transfer *t, bool secure, char why[FETCH_WHY_SIZE])
{
    const char *schemes = secure ? "https" : "http,https";
    bool good = fetch_set_up(curl, schemes, t->options->deadline_ms, t->options->stop, why) &&
                curl_easy_setopt(curl, CURLOPT_URL, t->options->url) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, schemes) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
                curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX) == CURLE_OK;
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    return good;
}

enum err fetch_say(char why[FETCH_WHY_SIZE], enum err e, const char *words)
{
    (void)snprintf(why, FETCH_WHY_SIZE, "%s", words);
    return e;
}

enum err fetch_failed(CURLcode result, char why[FETCH_WHY_SIZE])
{
    if (result == CURLE_OUT_OF_MEMORY)
        return fetch_say(why, ERR_NOMEM, err_text(ERR_NOMEM));
    if (result == CURLE_ABORTED_BY_CALLBACK)
        return fetch_say(why, ERR_CLOSED, err_text(ERR_CLOSED));
    if (!why[0])
        (void)fetch_say(why, ERR_IO, curl_easy_strerror(result));
    return result == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO;
}

static enum err judge(CURL *curl, CURLcode result, const struct transfer *t,
                      char why[FETCH_WHY_SIZE])
{
    long status = 0;
    if (t->body->err == ERR_LIMIT)
        return fetch_say(why, ERR_LIMIT, "The answer is too long.");
    if (t->body->err != ERR_OK)
        return fetch_say(why, ERR_NOMEM, err_text(ERR_NOMEM));
    if (result != CURLE_OK)
        return fetch_failed(result, why);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return ERR_OK;
    (void)snprintf(why, FETCH_WHY_SIZE, "The answer is %ld.", status);
    return ERR_IO;
}

_Static_assert(FETCH_WHY_SIZE >= CURL_ERROR_SIZE, "curl writes its sentence there");

enum err fetch_get(const struct fetch_options *options, struct buf *out_body,
                   char why[FETCH_WHY_SIZE])
{
    struct transfer t = {options, out_body};
    struct curl_slist *headers = NULL;
    char accept[128];
    fetch_start_once();
    why[0] = 0;
    char *scheme = scheme_of(options->url);
    if (!scheme)
        return fetch_say(why, ERR_IO, "This is not an http or https URL.");
    enum err e = ERR_NOMEM;
    CURL *curl = curl_easy_init();
    if (options->accept) {
        (void)snprintf(accept, sizeof accept, "Accept: %s", options->accept);
        headers = curl_slist_append(NULL, accept);
    }
    if (curl && (headers || !options->accept) &&
        set_up(curl, &t, strcmp(scheme, "https") == 0, why)) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        e = judge(curl, curl_easy_perform(curl), &t, why);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_free(scheme);
    return e;
}
