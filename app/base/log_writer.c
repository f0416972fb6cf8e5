/* log_writer: the thread behind log_start, so that who logs never waits for who reads. */
#include "base/log_inside.h"

#include "base/env.h"
#include "base/metrics.h"
#include "base/mutex.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define RING_BYTES                                                                                 \
    ((size_t)1 << 20) /* some thousands of lines: a moment in which everybody comes or goes */
#define PIECE_BYTES ((size_t)16 << 10)

static struct {
    struct mutex lock;
    struct condition changed;
    bool running GUARDED_BY(lock);
    size_t first GUARDED_BY(lock), len GUARDED_BY(lock);
    bool writing GUARDED_BY(lock); /* a piece that has left the ring */
    char ring[RING_BYTES] GUARDED_BY(lock);
} writer;

static atomic_bool started;

void log_write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, len);
        if (n <= 0)
            return; /* stderr is gone; there is nobody left to tell */
        bytes += n;
        len -= (size_t)n;
    }
}

static size_t take(char piece[PIECE_BYTES]) CLANG(requires_capability(writer.lock))
{
    size_t n = writer.len < PIECE_BYTES ? writer.len : PIECE_BYTES;
    for (size_t i = 0; i < n; i++)
        piece[i] = writer.ring[(writer.first + i) % RING_BYTES];
    writer.first = (writer.first + n) % RING_BYTES;
    writer.len -= n;
    return n;
}

static void *writer_main(void *arg)
{
    (void)arg;
    char piece[PIECE_BYTES];
    mutex_lock(&writer.lock);
    while (writer.running || writer.len > 0) {
        size_t n = take(piece);
        writer.writing = n > 0;
        if (n > 0) {
            mutex_unlock(&writer.lock);
            log_write_all(piece, n);
            mutex_lock(&writer.lock);
            writer.writing = false;
        }
        if (writer.len == 0) {
            condition_broadcast(&writer.changed); /* all is written: log_stop waits for that */
            if (writer.running)
                condition_wait(&writer.changed, &writer.lock, INT64_MAX);
        }
    }
    mutex_unlock(&writer.lock);
    return NULL;
}

bool log_queue(const char *line, size_t len)
{
    if (!atomic_load(&started))
        return false;
    mutex_lock(&writer.lock);
    bool running = writer.running, fits = len <= RING_BYTES - writer.len;
    for (size_t i = 0; running && fits && i < len; i++)
        writer.ring[(writer.first + writer.len + i) % RING_BYTES] = line[i];
    if (running && fits) {
        writer.len += len;
        condition_broadcast(&writer.changed);
    }
    mutex_unlock(&writer.lock);
    if (running && !fits)
        metric_add(METRIC_log_dropped, 1);
    return running;
}

enum err log_start(void)
{
    pthread_t thread;
    sigset_t all, before;
    if (!atomic_load(&started)) { /* once a process: a writer that hangs may outlive log_stop */
        mutex_init(&writer.lock, LOCK_log);
        condition_init(&writer.changed);
    }
    mutex_lock(&writer.lock);
    writer.running = true;
    mutex_unlock(&writer.lock);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool made = pthread_create(&thread, NULL, writer_main, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    mutex_lock(&writer.lock);
    writer.running = made;
    mutex_unlock(&writer.lock);
    atomic_store(&started, true);
    if (!made)
        return ERR_IO;
    (void)pthread_setname_np(thread, "snug-log");
    (void)pthread_detach(thread);
    return ERR_OK;
}

void log_stop(int64_t timeout_ms)
{
    if (!atomic_load(&started))
        return;
    int64_t until_ms = env_monotonic_ms(&env_real) + timeout_ms;
    mutex_lock(&writer.lock);
    writer.running = false; /* what is logged from now on is written at once */
    condition_broadcast(&writer.changed);
    while ((writer.len > 0 || writer.writing) && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&writer.changed, &writer.lock, until_ms);
    mutex_unlock(&writer.lock);
}
