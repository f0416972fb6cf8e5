/* notify: tells a service manager (systemd, Type=notify) that the server is ready, that it stops, and that its threads go on.
 * Without NOTIFY_SOCKET in the environment nothing happens. source: sd_notify(3), sd_watchdog_enabled(3). thread: main */
#ifndef SNUG_CLI_NOTIFY_H
#define SNUG_CLI_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1". Never waits; what cannot be said is not. */
void notify_say(const char *state);

/* How often the manager is told that all is well, twice as often as it wants it (WATCHDOG_USEC), in ms; 0: it does not ask. */
int64_t notify_interval_ms(void);

#endif
