/* log_inside: between log.c, which makes lines, and log_writer.c, which queues and writes them. */
#ifndef SNUG_BASE_LOG_INSIDE_H
#define SNUG_BASE_LOG_INSIDE_H

#include "base/log.h"

#include <stdbool.h>

/* Takes a line for the writer, or drops it if there is no room; false: there is no writer. */
bool log_queue(const char *line, size_t len);

/* Writes it, however long that takes. */
void log_write_all(const char *bytes, size_t len);

#endif
