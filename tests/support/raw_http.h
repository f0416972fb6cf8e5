/* raw_http: a client for tests that sends exactly the bytes it is given and reads what comes, with a deadline. */
#ifndef SNUG_TESTS_RAW_HTTP_H
#define SNUG_TESTS_RAW_HTTP_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RAW_DEADLINE_MS 5000
#define RAW_ANSWER_MAX 65536

static inline long long raw_now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A connection to the loopback; -1: refused. */
static inline int raw_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static inline void raw_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static inline void raw_say(int fd, const char *text)
{
    raw_send(fd, text, strlen(text));
}

/* Reads until `until` is in what came (NULL: never), or the other side ends. Returns true if it ended. out is a string. */
static inline bool raw_read_until(int fd, const char *until, char out[RAW_ANSWER_MAX])
{
    size_t len = 0;
    long long deadline_ms = raw_now_ms() + RAW_DEADLINE_MS;
    out[0] = 0;
    while (len + 1 < RAW_ANSWER_MAX && !(until && strstr(out, until))) {
        long long left_ms = deadline_ms - raw_now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0)
            return false;
        ssize_t n = recv(fd, out + len, RAW_ANSWER_MAX - 1 - len, 0);
        if (n <= 0)
            return true;
        len += (size_t)n;
        out[len] = 0;
    }
    return false;
}

/* One request on its own connection; all that comes, until the server ends it. */
static inline const char *raw_ask(int port, const char *request)
{
    static char answer[RAW_ANSWER_MAX];
    answer[0] = 0;
    int fd = raw_connect(port);
    if (fd < 0)
        return answer;
    raw_say(fd, request);
    if (!raw_read_until(fd, NULL, answer))
        (void)strcpy(answer, "(the connection did not end)");
    (void)close(fd);
    return answer;
}

/* The status of an answer; 0: it is none. */
static inline int raw_status(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

/* How often `what` is in it. */
static inline int raw_count(const char *answer, const char *what)
{
    int n = 0;
    for (const char *at = answer; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

#endif
