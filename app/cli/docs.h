/* docs: the page /docs: protocol, transports, server API, methods, configuration, errors and close codes, written from the
 * tables that the server itself runs on, so that it is true of this binary. Its examples are run by a test. */
#ifndef SNUG_CLI_DOCS_H
#define SNUG_CLI_DOCS_H

#include "base/buf.h"
#include "base/method.h"

/* Appends the HTML document.
 * in: methods of the product; api: those of the server API; head: HTML for the head (style sheet, icon), or empty. thread: any */
void docs_write(const struct method_table *methods, const struct method_set *api, struct text head,
                struct buf *out);

#endif
