/* Guards: a subscriber gets what its filter says and nothing else; what is no filter is refused with the field that
 * is wrong; no filter is larger than its bounds. */
#include "wire/tag_filter.h"

#include "wire/json.h"

#include "fault.h"
#include "unit.h"

/* Single quotes for double ones, so that filters can be read here. */
static struct text json_of(const char *quoted)
{
    static char json[1000];
    size_t len = text_copy(json, sizeof json, text_of(quoted));
    for (size_t i = 0; i < len; i++)
        if (json[i] == '\'')
            json[i] = '"';
    CU_ASSERT(json_valid((struct text){json, len}, 64));
    return (struct text){json, len};
}

static bool matches(const char *filter, const char *tags)
{
    struct tag_filter *f = NULL;
    char error[TAG_FILTER_ERROR_SIZE] = "";
    struct tags t;
    CHECK_INT(tag_filter_parse(json_of(filter), &f, error), ERR_OK);
    CHECK_TEXT(error, "");
    CHECK_INT(tags_parse(json_of(tags), &t), ERR_OK);
    bool answer = f && tag_filter_match(f, &t);
    tags_fini(&t);
    CU_ASSERT_PTR_NULL(tag_filter_free(f));
    return answer;
}

/* ---- what a leaf says of a tag */

struct row {
    const char *leaf; /* without its key */
    const char *tag;  /* NULL: the publication has none of this key */
    bool matches;
};

static const struct row rows[] = {
    {"'cmp':'eq','val':'ab'", "ab", true},
    {"'cmp':'eq','val':'ab'", "abc", false},
    {"'cmp':'eq','val':'ab'", "a", false},
    {"'cmp':'eq','val':'ab'", "AB", false},
    {"'cmp':'eq','val':'ab'", "", false},
    {"'cmp':'eq','val':'ab'", NULL, false},
    {"'cmp':'eq','val':'1'", "1.0", false}, /* texts, not numbers */
    {"'cmp':'neq','val':'ab'", "ab", false},
    {"'cmp':'neq','val':'ab'", "abc", true},
    {"'cmp':'neq','val':'ab'", NULL, true},
    {"'cmp':'in','vals':['a','b','']", "a", true},
    {"'cmp':'in','vals':['a','b','']", "b", true},
    {"'cmp':'in','vals':['a','b','']", "", true},
    {"'cmp':'in','vals':['a','b','']", "c", false},
    {"'cmp':'in','vals':['a','b','']", NULL, false},
    {"'cmp':'nin','vals':['a','b','']", "a", false},
    {"'cmp':'nin','vals':['a','b','']", "b", false},
    {"'cmp':'nin','vals':['a','b','']", "", false},
    {"'cmp':'nin','vals':['a','b','']", "c", true},
    {"'cmp':'nin','vals':['a','b','']", NULL, true},
    {"'cmp':'ex'", "", true},
    {"'cmp':'ex'", "a", true},
    {"'cmp':'ex'", NULL, false},
    {"'cmp':'nex'", "", false},
    {"'cmp':'nex'", "a", false},
    {"'cmp':'nex'", NULL, true},
    {"'cmp':'sw','val':'ab'", "ab", true},
    {"'cmp':'sw','val':'ab'", "abc", true},
    {"'cmp':'sw','val':'ab'", "cab", false},
    {"'cmp':'sw','val':'ab'", "a", false},
    {"'cmp':'sw','val':'ab'", NULL, false},
    {"'cmp':'ew','val':'ab'", "ab", true},
    {"'cmp':'ew','val':'ab'", "cab", true},
    {"'cmp':'ew','val':'ab'", "abc", false},
    {"'cmp':'ew','val':'ab'", "b", false},
    {"'cmp':'ew','val':'ab'", NULL, false},
    {"'cmp':'ct','val':'ab'", "ab", true},
    {"'cmp':'ct','val':'ab'", "cabc", true},
    {"'cmp':'ct','val':'ab'", "acb", false},
    {"'cmp':'ct','val':'ab'", "", false},
    {"'cmp':'ct','val':'ab'", NULL, false},
    {"'cmp':'lt','val':'9.5'", "9.4999", true},
    {"'cmp':'lt','val':'9.5'", "9.50", false},
    {"'cmp':'lt','val':'9.5'", "10", false}, /* as texts it would be */
    {"'cmp':'lt','val':'9.5'", "-10", true},
    {"'cmp':'lt','val':'9.5'", "", false},
    {"'cmp':'lt','val':'9.5'", "few", false},
    {"'cmp':'lt','val':'9.5'", NULL, false},
    {"'cmp':'lt','val':'few'", "1", false},
    {"'cmp':'lte','val':'9.5'", "9.4999", true},
    {"'cmp':'lte','val':'9.5'", "9.50", true},
    {"'cmp':'lte','val':'9.5'", "9.5001", false},
    {"'cmp':'lte','val':'9.5'", "few", false},
    {"'cmp':'lte','val':'9.5'", NULL, false},
    {"'cmp':'gt','val':'9.5'", "9.5001", true},
    {"'cmp':'gt','val':'9.5'", "9.50", false},
    {"'cmp':'gt','val':'9.5'", "9.4999", false},
    {"'cmp':'gt','val':'9.5'", "many", false},
    {"'cmp':'gt','val':'9.5'", NULL, false},
    {"'cmp':'gte','val':'9.5'", "9.5001", true},
    {"'cmp':'gte','val':'9.5'", "9.50", true},
    {"'cmp':'gte','val':'9.5'", "9.4999", false},
    {"'cmp':'gte','val':'9.5'", "many", false},
    {"'cmp':'gte','val':'9.5'", NULL, false},
    {"'cmp':'gte','val':'many'", "many", false},
    {"'cmp':'\\u0065q','val':'\\u00e9'", "\xc3\xa9", true},
    {"'op':'','cmp':'ex','val':'','vals':[],'nodes':[ ]", "a", true}, /* empty is absent */
    {"'op':null,'cmp':'ex','val':null,'vals':null,'nodes':null", "a", true},
    {"'cmp':'ex','more':{'a':[1]}", "a", true}, /* unknown is ignored */
};

static void a_leaf_looks_at_one_tag(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char filter[200], inverse[230], tags[200] = "{'other':'x'}";
        (void)snprintf(filter, sizeof filter, "{'key':'k',%s}", rows[i].leaf);
        (void)snprintf(inverse, sizeof inverse, "{'op':'not','nodes':[%s]}", filter);
        if (rows[i].tag)
            (void)snprintf(tags, sizeof tags, "{'other':'x','k':'%s'}", rows[i].tag);
        CHECK_INT(matches(filter, tags), rows[i].matches);
        CHECK_INT(matches(inverse, tags), !rows[i].matches);
        if (matches(filter, tags) != rows[i].matches)
            (void)printf("    %s with %s\n", filter, tags);
    }
}

static void a_publication_without_tags_has_none(void)
{
    CHECK_INT(matches("{'key':'k','cmp':'ex'}", "{}"), 0);
    CHECK_INT(matches("{'key':'k','cmp':'neq','val':'a'}", "null"), 1);
}

/* ---- operators: T matches, F does not */

#define T "{'key':'k','cmp':'ex'}"
#define F "{'key':'k','cmp':'nex'}"

static void operators_join_what_their_nodes_say(void)
{
    static const struct row tables[] = {
        {"'op':'and','nodes':[" T "]", "", true},
        {"'op':'and','nodes':[" F "]", "", false},
        {"'op':'and','nodes':[" T "," T "]", "", true},
        {"'op':'and','nodes':[" T "," F "]", "", false},
        {"'op':'and','nodes':[" F "," T "]", "", false},
        {"'op':'and','nodes':[" F "," F "]", "", false},
        {"'op':'and','nodes':[" T "," T "," F "]", "", false},
        {"'op':'or','nodes':[" T "]", "", true},
        {"'op':'or','nodes':[" F "]", "", false},
        {"'op':'or','nodes':[" T "," T "]", "", true},
        {"'op':'or','nodes':[" T "," F "]", "", true},
        {"'op':'or','nodes':[" F "," T "]", "", true},
        {"'op':'or','nodes':[" F "," F "]", "", false},
        {"'op':'or','nodes':[" F "," F "," T "]", "", true},
        {"'op':'not','nodes':[" T "]", "", false},
        {"'op':'not','nodes':[" F "]", "", true},
        /* a child that is a tree of its own ends where it ends */
        {"'op':'and','nodes':[{'op':'or','nodes':[" T "," F "]}," F "]", "", false},
        {"'op':'and','nodes':[{'op':'or','nodes':[" T "," F "]}," T "]", "", true},
        {"'op':'or','nodes':[{'op':'and','nodes':[" T "," F "]},{'op':'not','nodes':[" F "]}]", "",
         true},
        {"'op':'or','nodes':[{'op':'and','nodes':[" T "," F "]},{'op':'not','nodes':[" T "]}]", "",
         false},
        {"'op':'not','nodes':[{'op':'or','nodes':[{'op':'not','nodes':[" T "]}," F "]}]", "", true},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char filter[500];
        (void)snprintf(filter, sizeof filter, "{%s}", tables[i].leaf);
        CHECK_INT(matches(filter, "{'k':''}"), tables[i].matches);
    }
}

/* ---- what is refused */

static const char *refusal(struct text json)
{
    static char error[TAG_FILTER_ERROR_SIZE];
    error[0] = 0;
    struct tag_filter *f = NULL;
    enum err e = tag_filter_parse(json, &f, error);
    CU_ASSERT(e == ERR_OK || e == ERR_BAD_REQUEST);
    CU_ASSERT((e == ERR_OK) == (f != NULL));
    tag_filter_free(f);
    return error;
}

static void what_is_no_filter_is_refused_by_its_field(void)
{
    static const struct {
        const char *filter, *error;
    } refused[] = {
        {"[]", "tf must be an object."},
        {"'eq'", "tf must be an object."},
        {"null", "tf must be an object."},
        {"{}", "tf: cmp is missing."},
        {"{'key':'k'}", "tf: cmp is missing."},
        {"{'key':'k','cmp':''}", "tf: cmp is missing."},
        {"{'key':'k','cmp':'EQ','val':'a'}",
         "tf: cmp must be eq, neq, in, nin, ex, nex, sw, ew, ct, lt, lte, gt or gte."},
        {"{'key':'k','cmp':'and','val':'a'}",
         "tf: cmp must be eq, neq, in, nin, ex, nex, sw, ew, ct, lt, lte, gt or gte."},
        {"{'key':'k','cmp':1,'val':'a'}", "tf: cmp must be a text."},
        {"{'cmp':'ex'}", "tf: key is missing, or empty."},
        {"{'key':'','cmp':'ex'}", "tf: key is missing, or empty."},
        {"{'key':1,'cmp':'ex'}", "tf: key must be a text."},
        {"{'key':'k','key':'k','cmp':'ex'}", "tf: key is given twice."},
        {"{'key':'k','key':null,'cmp':'ex'}", "tf: key is given twice."},
        {"{'key':'k','cmp':'eq'}", "tf: val is missing, or empty; eq needs it."},
        {"{'key':'k','cmp':'gte','val':''}", "tf: val is missing, or empty; gte needs it."},
        {"{'key':'k','cmp':'gte','val':5}", "tf: val must be a text."},
        {"{'key':'k','cmp':'in'}", "tf: vals is missing, or empty; in needs it."},
        {"{'key':'k','cmp':'nin','vals':[]}", "tf: vals is missing, or empty; nin needs it."},
        {"{'key':'k','cmp':'in','vals':'a'}", "tf: vals must be a list."},
        {"{'key':'k','cmp':'in','vals':['a',1]}", "tf: vals must be a list of texts."},
        {"{'key':'k','cmp':'in','vals':['a'],'val':'a'}", "tf: val has no meaning for in."},
        {"{'key':'k','cmp':'eq','vals':['a'],'val':'a'}", "tf: vals has no meaning for eq."},
        {"{'key':'k','cmp':'ex','val':'a'}", "tf: val has no meaning for ex."},
        {"{'key':'k','cmp':'nex','vals':['a']}", "tf: vals has no meaning for nex."},
        {"{'key':'k','cmp':'ex','nodes':[" T "]}", "tf: op is missing beside nodes."},
        {"{'op':'xor','nodes':[" T "]}", "tf: op must be and, or or not."},
        {"{'op':'eq','nodes':[" T "]}", "tf: op must be and, or or not."},
        {"{'op':['and'],'nodes':[" T "]}", "tf: op must be a text."},
        {"{'op':'and'}", "tf: nodes is missing, or empty; and needs it."},
        {"{'op':'or','nodes':[]}", "tf: nodes is missing, or empty; or needs it."},
        {"{'op':'not','nodes':null}", "tf: nodes is missing, or empty; not needs it."},
        {"{'op':'not','nodes':[" T "," T "]}", "tf: nodes must have exactly one entry for not."},
        {"{'op':'and','nodes':{}}", "tf: nodes must be a list."},
        {"{'op':'and','nodes':[" T ",'k']}", "tf: nodes must be a list of objects."},
        {"{'op':'and','nodes':[" T ",null]}", "tf: nodes must be a list of objects."},
        {"{'op':'and','nodes':[" T ",{'op':'or','nodes':[{'cmp':'ex'}]}]}",
         "tf: key is missing, or empty."},
        {"{'op':'and','key':'k','nodes':[" T "]}",
         "tf: op goes with nodes only, not with key, cmp, val or vals."},
        {"{'op':'and','vals':['k'],'nodes':[" T "]}",
         "tf: op goes with nodes only, not with key, cmp, val or vals."},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        CHECK_TEXT(refusal(json_of(refused[i].filter)), refused[i].error);
    CHECK_TEXT(refusal(TEXT("")), "tf must be an object.");
}

/* ---- bounds */

static void add_quoted(struct buf *json, const char *quoted)
{
    buf_add_text(json, json_of(quoted));
}

static void both_sides_of_the_number_of_nodes(void)
{
    for (int count = TAG_FILTER_NODES_MAX; count <= TAG_FILTER_NODES_MAX + 1; count++) {
        struct buf json;
        buf_init(&json, 8000);
        buf_add_text(&json, TEXT("{\"op\":\"and\",\"nodes\":["));
        for (int i = 1; i < count; i++) {
            add_quoted(&json, T);
            buf_add_char(&json, i < count - 1 ? ',' : ']');
        }
        buf_add_char(&json, '}');
        CHECK_TEXT(refusal(buf_text(&json)),
                   count == TAG_FILTER_NODES_MAX ? "" : "tf: there must be at most 64 nodes.");
        buf_fini(&json);
    }
}

static void both_sides_of_the_depth(void)
{
    for (int depth = TAG_FILTER_DEPTH_MAX; depth <= TAG_FILTER_DEPTH_MAX + 1; depth++) {
        struct buf json;
        buf_init(&json, 8000);
        for (int i = 1; i < depth; i++)
            buf_add_text(&json, TEXT("{\"op\":\"not\",\"nodes\":["));
        add_quoted(&json, "{'key':'k','cmp':'in','vals':['a']}");
        for (int i = 1; i < depth; i++)
            buf_add_text(&json, TEXT("]}"));
        CHECK_TEXT(refusal(buf_text(&json)),
                   depth == TAG_FILTER_DEPTH_MAX ? "" : "tf: nodes must be at most 8 levels deep.");
        buf_fini(&json);
    }
}

/* Two lists, to see that the bound is for each. */
static void both_sides_of_the_number_of_vals(void)
{
    for (int count = TAG_FILTER_VALS_MAX; count <= TAG_FILTER_VALS_MAX + 1; count++) {
        struct buf json;
        buf_init(&json, 8000);
        buf_add_text(&json, TEXT("{\"op\":\"or\",\"nodes\":["));
        for (int list = 0; list < 2; list++) {
            buf_add_text(&json, TEXT("{\"key\":\"k\",\"cmp\":\"in\",\"vals\":["));
            for (int i = 0; i < (list ? count : TAG_FILTER_VALS_MAX); i++)
                buf_add_format(&json, "%s\"%d\"", i ? "," : "", 100 * list + i);
            buf_add_text(&json, list ? TEXT("]}]}") : TEXT("]},"));
        }
        bool fits = count == TAG_FILTER_VALS_MAX;
        CHECK_TEXT(refusal(buf_text(&json)), fits ? "" : "tf: vals must have at most 64 entries.");
        struct tag_filter *f = NULL;
        char error[TAG_FILTER_ERROR_SIZE];
        struct tags t;
        if (fits && tag_filter_parse(buf_text(&json), &f, error) == ERR_OK) {
            CHECK_INT(tags_parse(TEXT("{\"k\":\"163\"}"), &t), ERR_OK);
            CHECK_INT(tag_filter_match(f, &t), true);
            tags_fini(&t);
        }
        tag_filter_free(f);
        buf_fini(&json);
    }
}

/* The words eq, and, nex do not count, even where they do not fit behind the texts. */
static void both_sides_of_the_bytes(void)
{
    for (int len = TAG_FILTER_BYTES_MAX; len <= TAG_FILTER_BYTES_MAX + 1; len++) {
        struct buf json;
        buf_init(&json, 8000);
        buf_add_text(&json, TEXT("{\"op\":\"and\",\"nodes\":[{\"key\":\"k\",\"cmp\":\"eq\","));
        buf_add_format(&json, "\"val\":\"%0*d\"},", len - 2, 0);
        buf_add_text(&json, TEXT("{\"cmp\":\"nex\",\"key\":\"k\"}]}"));
        CHECK_TEXT(refusal(buf_text(&json)),
                   len == TAG_FILTER_BYTES_MAX
                       ? ""
                       : "tf: all key, val and vals together must have at most 4096 bytes.");
        buf_fini(&json);
    }
    struct buf json; /* a word that is longer than all of it */
    buf_init(&json, 20000);
    buf_add_format(&json, "{\"key\":\"k\",\"cmp\":\"%010000d\"}", 0);
    CU_ASSERT(strlen(refusal(buf_text(&json))) > 0);
    buf_fini(&json);
}

static void no_memory_is_told(void)
{
    struct tag_filter *f = NULL;
    char error[TAG_FILTER_ERROR_SIZE] = "";
    struct text json =
        json_of("{'op':'and','nodes':[{'key':'k','cmp':'in','vals':['a','b']}," T "]}");
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = tag_filter_parse(json, &f, error);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            CU_ASSERT(n > 3); /* texts, values, the filter */
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CU_ASSERT_PTR_NULL(f);
    }
    CHECK_TEXT(error, "");
    tag_filter_free(f);
}

UNIT("wire/tag_filter", CASE(a_leaf_looks_at_one_tag), CASE(a_publication_without_tags_has_none),
     CASE(operators_join_what_their_nodes_say), CASE(what_is_no_filter_is_refused_by_its_field),
     CASE(both_sides_of_the_number_of_nodes), CASE(both_sides_of_the_depth),
     CASE(both_sides_of_the_number_of_vals), CASE(both_sides_of_the_bytes), CASE(no_memory_is_told))
