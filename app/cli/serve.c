/* snug serve: from the options to a server that answers, and to its end by a signal. */
#include "base/log.h"
#include "cli/cli.h"
#include "cli/docs.h"
#include "cli/local_socket.h"
#include "cli/notify.h"
#include "wire/json.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOG_STOP_MS 500

/* A WebSocket is a descriptor: as many as the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

/* The first and only line on stdout: scripts wait for it. */
static void print_ready(struct snug *snug, const char *setup_url)
{
    struct buf line;
    struct json_writer w;
    buf_init(&line, 8192);
    json_begin(&w, &line);
    json_open(&w, NULL, '{');
    json_add_text(&w, "url", text_of(snug_url(snug)));
    if (setup_url)
        json_add_text(&w, "setup_url", text_of(setup_url));
    else
        json_add_raw(&w, "setup_url", TEXT_NONE); /* null */
    json_add_text(&w, "api_key", text_of(snug_api_key(snug)));
    json_add_int(&w, "pid", getpid());
    json_close(&w, '}');
    (void)printf("%.*s\n", TEXT_ARG(buf_text(&line)));
    (void)fflush(stdout);
    buf_fini(&line);
}

static void tell_people(struct snug *snug, const char *setup_url)
{
    (void)fprintf(stderr, "Snug %s is at %s\n", snug_version, snug_url(snug));
    if (setup_url)
        (void)fprintf(stderr, "Set it up with this link, once:\n    %s\n", setup_url);
}

/* A signal; 0: the service manager wants to hear of us. */
static int wait_for_signal(const sigset_t *ends, int64_t interval_ms)
{
    int number = 0;
    if (interval_ms == 0)
        return sigwait(ends, &number) == 0 ? number : 0;
    const struct timespec time = {interval_ms / 1000, interval_ms % 1000 * 1000000};
    number = sigtimedwait(ends, NULL, &time);
    return number > 0 ? number : 0;
}

/* The signal that ends it; SIGUSR1 and SIGUSR2 on the way only change whom it lets in. */
static int wait_for_end(struct snug *snug, const sigset_t *ends)
{
    int64_t interval_ms = notify_interval_ms();
    for (;;) {
        int number = wait_for_signal(ends, interval_ms);
        if (number == 0 && snug_alive(snug))
            notify_say("WATCHDOG=1");
        else if (number == SIGUSR1 || number == SIGUSR2)
            snug_drain(snug, number == SIGUSR1);
        else if (number != 0)
            return number;
    }
}

/* Serves until a signal of `ends` comes. */
static int serve_until(struct snug *snug, const struct arguments *a, bool insecure,
                       const sigset_t *ends)
{
    char error[256] = "", setup[512];
    struct local_socket *local = NULL;
    if (snug_listen(snug, error) != ERR_OK || local_socket_start(snug, &local, error) != ERR_OK) {
        cli_say("%s", error);
        return 1;
    }
    const char *setup_url = snug_setup_url(snug, setup, sizeof setup);
    if (a->ready_json || a->ephemeral)
        print_ready(snug, setup_url);
    else
        tell_people(snug, setup_url);
    explicit_bzero(setup, sizeof setup);
    if (insecure)
        log_event(LOG_WARN, "insecure", KV_STR("option", "client.insecure"),
                  KV_STR("means", "whoever is on this machine connects without a token and uses "
                                  "every channel; for development only"));
    notify_say("READY=1");
    int signal_number = wait_for_end(snug, ends);
    notify_say("STOPPING=1");
    log_event(LOG_INFO, "stopping", KV_INT("signal", signal_number));
    local_socket_stop(local);
    return 0;
}

int serve_run(struct config *c, const struct arguments *a)
{
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGHUP);
    (void)sigaddset(&ends, SIGUSR1);
    (void)sigaddset(&ends, SIGUSR2);
    (void)pthread_sigmask(SIG_BLOCK, &ends,
                          NULL); /* every thread inherits it: only sigwait gets them */
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    log_set_level(c->options.log_level);
    c->options.ephemeral = a->ephemeral;
    c->options.docs = docs_write;
    if (a->ephemeral && !c->listen_given) {
        c->options.listen[0] = "127.0.0.1:0";
        c->options.listen_count = 1;
    }
    char error[256] = "";
    struct snug *snug = NULL;
    if (log_start() != ERR_OK)
        log_event(LOG_WARN, "log_without_thread");
    if (snug_new(&c->options, &snug, error) != ERR_OK) {
        log_stop(LOG_STOP_MS);
        cli_say("%s", error);
        return 1;
    }
    int code = serve_until(snug, a, c->options.insecure, &ends);
    snug_free(snug);
    if (code == 0)
        log_event(LOG_INFO, "stopped");
    log_stop(LOG_STOP_MS);
    return code;
}
