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

static const char *find(struct text t, const struct sign *signs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (t.len > 0 && memmem(t.data, t.len, signs[i].in, strlen(signs[i].in)))
            return signs[i].word;
    return "";
}

void user_agent_words(struct text user_agent, char *out, size_t size)
{
    const char *program = find(user_agent, programs, sizeof programs / sizeof programs[0]);
    const char *system = find(user_agent, systems, sizeof systems / sizeof systems[0]);
    (void)snprintf(out, size, "%s%s%s", program, *program && *system ? ", " : "", system);
}
