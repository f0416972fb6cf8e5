/* Any bytes as a configuration file: what is taken has everything it needs, what is not is told in one sentence, and the
 * report of a whole file finds a problem exactly where the start finds one. */
#include "cli/config.h"

#include "base/must.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_namespace(const struct channel_namespace *n)
{
    must((n->history_size > 0) == (n->history_ttl > 0));
    must(n->history_size > 0 || (!n->force_recovery && !n->force_positioning));
    must(n->allowed_delta_types || !n->delta_publish);
}

static void check_taken(const struct snug_options *o)
{
    must(o->listen_count > 0 && o->listen_count <= LISTEN_MAX && o->data && *o->data);
    for (unsigned i = 0; i < o->listen_count; i++)
        must(o->listen[i] && *o->listen[i]);
    must(o->tasks > 0 && o->readers > 0 && o->ping_interval_ms > 0);
    must(o->channels.count <= NAMESPACES_MAX);
    check_namespace(&o->channels.without);
    for (unsigned i = 0; i < o->channels.count; i++) {
        size_t len = strlen(o->channels.list[i].name);
        must(len >= 2 && len < NAMESPACE_NAME_SIZE);
        check_namespace(&o->channels.list[i]);
    }
}

static void check_sentence(const char *error)
{
    size_t len = strlen(error);
    must(len > 0 && error[len - 1] == '.');
    for (size_t i = 0; i < len; i++)
        must((unsigned char)error[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text json = {(const char *)data, size};
    char error[CONFIG_ERROR_SIZE] = "";
    struct config c;
    must(config_init(&c) == ERR_OK);
    enum err e = config_read_json(&c, json, error);
    if (e == ERR_OK)
        e = config_settle(&c, error);
    if (e == ERR_OK)
        check_taken(&c.options);
    else
        check_sentence(error);
    config_fini(&c);

    struct config_report report = {0};
    buf_init(&report.lines, (size_t)1 << 24);
    enum err checked = config_check_json(json, &report, error);
    must(checked == ERR_OK || checked == ERR_BAD_REQUEST);
    must((e == ERR_OK) == (checked == ERR_OK && report.problems == 0));
    buf_fini(&report.lines);
    return 0;
}
