#include "http/user_agent.h"

#include <stdio.h>

struct sign {
    const char *in, *word;
};

/* The first that is found wins: almost everybody also claims to be Safari and Chrome. */
static const struct sign programs[] = {
    {"Edg/", "Edge"},
    {"EdgA/", "Edge"},
    {"OPR/", "Opera"},
    {"Vivaldi/", "Vivaldi"},
    {"SamsungBrowser/", "Samsung"},
    {"FxiOS/", "Firefox"},
    {"CriOS/", "Chrome"},
    {"Firefox/", "Firefox"},
    {"HeadlessChrome/", "Chrome"},
    {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},
    {"curl/", "curl"},
    {"node", "Node"},
    {"python", "Python"},
    {"Python", "Python"},
    {"Go-http-client", "Go"},
    {"okhttp", "OkHttp"},
    {"Dart/", "Dart"},
};

static const struct sign systems[] = {
    {"Android", "Android"}, {"iPhone", "iPhone"},   {"iPad", "iPad"},
    {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"},
    {"Linux", "Linux"},     {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"},
};

/* One walk, because there are many signs and each request has a User-Agent. */
static const char *find(struct text t, const struct sign *signs, size_t count)
{
    uint64_t firsts = 0; /* their first letters, by six bits: capitals and small ones are apart */
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        firsts |= UINT64_C(1) << (signs[i].in[0] & 63);
    for (size_t at = 0; at < t.len; at++)
        for (size_t i = 0; i < best && (firsts >> (t.data[at] & 63) & 1); i++)
            if (signs[i].in[0] == t.data[at] &&
                text_starts(text_after(t, at), text_of(signs[i].in)))
                best = i;
    return best < count ? signs[best].word : "";
}

void user_agent_words(struct text user_agent, char *out, size_t size)
{
    const char *program = find(user_agent, programs, sizeof programs / sizeof programs[0]);
    const char *system = find(user_agent, systems, sizeof systems / sizeof systems[0]);
    (void)snprintf(out, size, "%s%s%s", program, *program && *system ? ", " : "", system);
}
