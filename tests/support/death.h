/* death: what must abort does, and says why. The function runs in a child of its own. */
#ifndef SNUG_TESTS_DEATH_H
#define SNUG_TESTS_DEATH_H

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* True if f() aborts and what it writes to stderr contains `words`. */
static inline bool death_aborts(void (*f)(void), const char *words)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(pipes[1], STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        f();
        _exit(0);
    }
    (void)close(pipes[1]);
    char said[4096] = "";
    size_t len = 0;
    ssize_t n;
    while (len < sizeof said - 1 && (n = read(pipes[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)n;
    (void)close(pipes[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    said[len] = 0;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, words);
}

#endif
