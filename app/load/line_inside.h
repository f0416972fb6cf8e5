/* line_inside: what the files of a line need of each other: line.c is its beginning and its end, line_in.c what comes,
 * line_out.c what goes. Inside load only. */
#ifndef SNUG_LOAD_LINE_INSIDE_H
#define SNUG_LOAD_LINE_INSIDE_H

#include "load/line_io.h"

#define LINE_READ_SIZE                                                                             \
    ((size_t)256 << 10) /* of one read; lines.input has this behind LINE_KEPT_MAX */

/* Drops the line and tells its owner why; NULL: it ended as it should. */
void line_end(struct lines *s, struct line *l, const char *why);

/* Reads what there is and gives it to the owner; the line may have ended. */
void line_read(struct lines *s, struct line *l);

/* All of it goes out or waits, or nothing does (false). */
bool line_send_bytes(struct lines *s, struct line *l, const unsigned char *bytes, size_t len);

/* One whole, masked frame of at most LINE_MESSAGE_MAX bytes; the same. */
bool line_send_frame(struct lines *s, struct line *l, unsigned opcode, struct text payload);

/* Sends what waits, as far as the socket takes it. An error shows when the line is read. */
void line_flush(struct lines *s, struct line *l);

/* Whether epoll is to say when the socket takes output. */
void line_watch(struct lines *s, struct line *l, bool out);

#endif
