/* report_json: the lines of report.h for programs, whose names stay. Inside load only. */
#ifndef SNUG_LOAD_REPORT_JSON_H
#define SNUG_LOAD_REPORT_JSON_H

#include "load/report.h"

/* One line on stdout each, which is flushed: whoever reads acts on it. */
void report_json_up(const struct load_options *o, const struct figures *f);
void report_json_done(const struct load_options *o, const struct figures *f, bool ok,
                      const char *why);

#endif
