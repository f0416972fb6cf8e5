/* load: `snug load`, the load generator and doctor: what it does to a server, it counts at the receivers.
 *
 * One thread, one epoll loop, plain WebSockets or the client protocol in JSON, any server. Each message has a mark (sender,
 * number, time; mark.h), and each receiver checks what it gets, so a round counts only if everything came, once and in
 * order. The figures are those of report.h.
 * Limits: 200,000 connections, as many descriptors as the system lets it open, one buffer a connection (line.h). */
#ifndef SNUG_LOAD_LOAD_H
#define SNUG_LOAD_LOAD_H

/* Runs `snug load` with its arguments (without the command's own name). Returns the exit code: 0 the round counts, 1 it
 * does not or there was none, 2 wrong use. Takes SIGINT and SIGTERM over: they end the round early, with its figures. */
int load_run(char *const *argv, char *const *environment);

#endif
