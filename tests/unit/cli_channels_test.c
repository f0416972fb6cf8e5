/* Guards: PROTOCOL.md, Configuration names: channel.without_namespace and channel.namespaces; what is wrong is named with
 * its place. */
#include "cli/arguments.h"
#include "fault.h"
#include "unit.h"

#include <stdlib.h>

static char error[CONFIG_ERROR_SIZE];

/* Reads JSON into a config with defaults, and looks at it as a whole. */
static enum err read_json(struct config *c, const char *json)
{
    error[0] = 0;
    CHECK_INT(config_init(c), ERR_OK);
    enum err e = config_read_json(c, text_of(json), error);
    return e == ERR_OK ? config_settle(c, error) : e;
}

static void there_are_none_unless_given(void)
{
    struct config c;
    CHECK_INT(read_json(&c, "{}"), ERR_OK);
    CHECK_INT(c.options.channels.count, 0);
    CHECK_TEXT(c.options.channels.without.name, "");
    CU_ASSERT(!c.options.channels.without.presence);
    CHECK_INT(c.options.channels.without.history_size, 0);
    config_fini(&c);
    CHECK_INT(read_json(&c, "{\"channel\": {\"namespaces\": []}}"), ERR_OK);
    CHECK_INT(c.options.channels.count, 0);
    config_fini(&c);
}

static void a_list_of_objects_becomes_the_table(void)
{
    struct config c;
    CHECK_INT(read_json(&c, "{\"channel\": {\"without_namespace\": {\"presence\": true},"
                            " \"namespaces\": [{\"name\": \"news\", \"history_size\": 10,"
                            " \"history_ttl\": \"300s\", \"force_recovery\": true,"
                            " \"allowed_delta_types\": [\"fossil\"], \"delta_publish\": true},"
                            " {\"allow_tags_filter\": true, \"name\": \"a.b-C_9\"}]}}"),
              ERR_OK);
    CHECK_TEXT(error, "");
    const struct channel_namespaces *all = &c.options.channels;
    CHECK_INT(all->count, 2);
    CU_ASSERT(all->without.presence && !all->without.join_leave);
    const struct channel_namespace *news = namespace_find(all, TEXT("news:today"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(news);
    CHECK_INT(news->history_size, 10);
    CHECK_INT(news->history_ttl, 300000);
    CU_ASSERT(news->force_recovery && news->allowed_delta_types && news->delta_publish);
    CU_ASSERT(!news->presence && !news->allow_tags_filter); /* nothing comes from elsewhere */
    CHECK_TEXT(all->list[1].name, "a.b-C_9");
    CU_ASSERT(all->list[1].allow_tags_filter);
    config_fini(&c);
}

static void what_is_wrong_is_named_with_its_place(void)
{
    static const struct {
        const char *namespaces, *sentence;
    } rows[] = {
        {"[{\"name\": \"ab\"}, {\"name\": \"cd\"}, {\"name\": \"ef\", \"history_size\": -1}]",
         "channel.namespaces[2].history_size must be a whole number."},
        {"[{\"name\": \"ab\", \"histroy_size\": 1}]",
         "There is no option channel.namespaces[0].histroy_size; the nearest is history_size."},
        {"[{\"name\": \"ab\", \"history_ttl\": 300}]",
         "channel.namespaces[0].history_ttl must be a duration such as 25s, 5m or 24h."},
        {"[{\"name\": \"ab\", \"allowed_delta_types\": [\"xdelta\"]}]",
         "channel.namespaces[0].allowed_delta_types must be a list of types of differences, of "
         "which \"fossil\" is the only one."},
        {"[{\"name\": \"ab\", \"presence\": 1}]",
         "channel.namespaces[0].presence must be true or false."},
        {"[{\"presence\": true}]", "channel.namespaces[0] needs a name."},
        {"[{\"name\": \"ab\"}, 5]", "channel.namespaces[1] must be an object with a name."},
        {"[{\"name\": 5}]",
         "channel.namespaces[0].name must be 2 to 64 letters, digits, _, . and -."},
        {"[{\"name\": \"a\"}]",
         "channel.namespaces[0].name must be 2 to 64 letters, digits, _, . and -."},
        {"[{\"name\": \"a:b\"}]",
         "channel.namespaces[0].name must be 2 to 64 letters, digits, _, . and -."},
        {"[{\"name\": \"room\"}]",
         "channel.namespaces[0].name must not be room, whose channels are the product's own."},
        {"[{\"name\": \"user\"}]",
         "channel.namespaces[0].name must not be user, whose channels are the product's own."},
        {"[{\"name\": \"ab\"}, {\"name\": \"ab\"}]",
         "channel.namespaces[1].name must not be ab again, as in channel.namespaces[0]."},
        {"{\"ab\": {}}",
         "channel.namespaces must be a list of at most 256 objects, each with a name."},
        {"null", "channel.namespaces must be a list of at most 256 objects, each with a name."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        char json[512];
        (void)snprintf(json, sizeof json, "{\"channel\": {\"namespaces\": %s}}",
                       rows[i].namespaces);
        CHECK_INT(read_json(&c, json), ERR_BAD_REQUEST);
        CHECK_TEXT(error, rows[i].sentence);
        config_fini(&c);
    }
}

static void a_name_has_up_to_64_letters(void)
{
    for (int len = 64; len <= 65; len++) {
        struct config c;
        char json[256];
        (void)snprintf(json, sizeof json, "{\"channel\": {\"namespaces\": [{\"name\": \"%0*d\"}]}}",
                       len, 7);
        CHECK_INT(read_json(&c, json), len == 64 ? ERR_OK : ERR_BAD_REQUEST);
        config_fini(&c);
    }
}

static void there_may_be_256(void)
{
    for (unsigned count = NAMESPACES_MAX; count <= NAMESPACES_MAX + 1; count++) {
        struct config c;
        struct buf json;
        buf_init(&json, 65536);
        for (unsigned i = 0; i < count; i++)
            buf_add_format(&json, "%s{\"name\": \"n%u\"}", i ? ", " : "[", i);
        buf_add_char(&json, ']');
        CHECK_INT(config_init(&c), ERR_OK);
        CHECK_INT(config_set(&c, TEXT("channel.namespaces"), buf_text(&json), false, error),
                  count == NAMESPACES_MAX ? ERR_OK : ERR_BAD_REQUEST);
        CHECK_INT(c.options.channels.count, count == NAMESPACES_MAX ? count : 0);
        config_fini(&c);
        buf_fini(&json);
    }
}

static void what_cannot_go_together_is_refused(void)
{
    static const struct {
        const char *options, *sentence;
    } rows[] = {
        {"\"history_size\": 1", "history_size needs history_ttl."},
        {"\"history_ttl\": \"1s\"", "history_ttl needs history_size."},
        {"\"force_recovery\": true", "force_recovery needs history_size and history_ttl."},
        {"\"force_positioning\": true", "force_positioning needs history_size and history_ttl."},
        {"\"delta_publish\": true", "delta_publish needs allowed_delta_types."},
        {"\"delta_publish\": true, \"allowed_delta_types\": []",
         "delta_publish needs allowed_delta_types."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config c;
        char json[256], sentence[256];
        (void)snprintf(json, sizeof json, "{\"channel\": {\"without_namespace\": {%s}}}",
                       rows[i].options);
        (void)snprintf(sentence, sizeof sentence, "channel.without_namespace.%s", rows[i].sentence);
        CHECK_INT(read_json(&c, json), ERR_BAD_REQUEST);
        CHECK_TEXT(error, sentence);
        config_fini(&c);
        (void)snprintf(json, sizeof json,
                       "{\"channel\": {\"namespaces\": [{\"name\": \"ab\"}, "
                       "{\"name\": \"cd\", %s}]}}",
                       rows[i].options);
        (void)snprintf(sentence, sizeof sentence, "channel.namespaces[1].%s", rows[i].sentence);
        CHECK_INT(read_json(&c, json), ERR_BAD_REQUEST);
        CHECK_TEXT(error, sentence);
        config_fini(&c);
    }
}

static void flags_and_environment_reach_channels_too(void)
{
    struct config c;
    struct arguments a;
    char *environment[] = {"SNUG_CHANNEL_NAMESPACES=[{\"name\": \"news\", \"presence\": true}]",
                           "SNUG_CHANNEL_WITHOUT_NAMESPACE_HISTORY_TTL=5s", NULL};
    char *argv[] = {"--channel.without_namespace.presence",
                    "--channel.without_namespace.history_size=3",
                    "--channel.without_namespace.allowed_delta_types=fossil", NULL};
    CHECK_INT(arguments_read(argv, environment, TAKES_SERVE, &a, &c, error), ERR_OK);
    CHECK_INT(c.options.channels.count, 1);
    CU_ASSERT(c.options.channels.list[0].presence);
    CU_ASSERT(c.options.channels.without.presence);
    CU_ASSERT(c.options.channels.without.allowed_delta_types);
    CHECK_INT(c.options.channels.without.history_size, 3); /* the time came from elsewhere */
    config_fini(&c);
    environment[1] = NULL; /* and now from nowhere */
    CHECK_INT(arguments_read(argv, environment, TAKES_SERVE, &a, &c, error), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "channel.without_namespace.history_size needs history_ttl.");
    config_fini(&c);
    environment[0] = "SNUG_CHANNEL_NAMESPACES=news";
    CHECK_INT(arguments_read(argv, environment, TAKES_SERVE, &a, &c, error), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "SNUG_CHANNEL_NAMESPACES: channel.namespaces must be a list of at most 256 "
                      "objects, each with a name.");
    config_fini(&c);
}

static void a_later_list_replaces_the_former(void)
{
    struct config c;
    CHECK_INT(read_json(&c, "{\"channel\": {\"namespaces\": [{\"name\": \"ab\"}]}}"), ERR_OK);
    CHECK_INT(
        config_set(&c, TEXT("channel.namespaces"), TEXT("[{\"name\": \"cd\"}]"), false, error),
        ERR_OK);
    CHECK_INT(c.options.channels.count, 1);
    CHECK_TEXT(c.options.channels.list[0].name, "cd");
    config_fini(&c);
}

static void no_memory_leaks_nothing(void)
{
    for (unsigned n = 1;; n++) {
        struct config c;
        CHECK_INT(config_init(&c), ERR_OK);
        fault_at(n);
        enum err e = config_read_json(
            &c,
            TEXT("{\"channel\": {\"namespaces\": [{\"name\": \"ab\", \"history_ttl\": \"5s\"}]}}"),
            error);
        bool failed = fault_end();
        config_fini(&c);
        if (!failed)
            break;
        CU_ASSERT(e == ERR_NOMEM || e == ERR_BAD_REQUEST); /* cJSON does not say which */
    }
}

UNIT("cli/channels", CASE(there_are_none_unless_given), CASE(a_list_of_objects_becomes_the_table),
     CASE(what_is_wrong_is_named_with_its_place), CASE(a_name_has_up_to_64_letters),
     CASE(there_may_be_256), CASE(what_cannot_go_together_is_refused),
     CASE(flags_and_environment_reach_channels_too), CASE(a_later_list_replaces_the_former),
     CASE(no_memory_leaks_nothing))
