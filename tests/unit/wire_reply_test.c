/* Guards: replies and pushes are the protocol's JSON, with zero values left out. */
#include "wire/json.h"
#include "wire/reply.h"

#include "unit.h"

static struct buf out = {.cap_bytes = 1000};

static void wrote(const char *wanted)
{
    CU_ASSERT_TRUE(json_valid(buf_text(&out), 16));
    buf_add_char(&out, 0);
    CHECK_TEXT(out.data, wanted);
    buf_fini(&out);
}

static void errors_carry_code_message_and_temporary(void)
{
    reply_write_error(&out, 7, 111, TEXT("Too \"much\"."), true);
    wrote(
        "{\"id\":7,\"error\":{\"code\":111,\"message\":\"Too \\\"much\\\".\",\"temporary\":true}}");
    reply_write_error(&out, 4294967295u, 107, TEXT_NONE, false);
    wrote("{\"id\":4294967295,\"error\":{\"code\":107}}");
}

static void replies_carry_the_id_and_an_object(void)
{
    reply_write(&out, 1, "ping", TEXT_NONE);
    wrote("{\"id\":1,\"ping\":{}}");
    reply_write(&out, 2, "rpc", TEXT("{\"data\": {\"a\":1}}"));
    wrote("{\"id\":2,\"rpc\":{\"data\": {\"a\":1}}}");
}

static void publications_leave_zeros_out(void)
{
    publication_write(&out, &(struct publication){.data = TEXT("{\"x\": 1}")});
    wrote("{\"data\":{\"x\": 1}}");
    publication_write(
        &out, &(struct publication){.data = TEXT("1"), .offset = 42, .time_ms = 1700000000000});
    wrote("{\"data\":1,\"offset\":42,\"time\":1700000000000}");
}

static void client_infos_leave_empty_fields_out(void)
{
    client_info_write(&out, &(struct client_info){
                                .user = TEXT("1"), .client = TEXT("c"), .conn_info = TEXT("{}")});
    wrote("{\"user\":\"1\",\"client\":\"c\",\"conn_info\":{}}");
    client_info_write(&out, &(struct client_info){.client = TEXT("c")});
    wrote("{\"client\":\"c\"}");
}

static void pushes_name_channel_and_kind(void)
{
    push_write(&out, TEXT("room:\"1\""), 0, "pub", TEXT("{\"data\":{}}"));
    wrote("{\"push\":{\"channel\":\"room:\\\"1\\\"\",\"pub\":{\"data\":{}}}}");
    push_write(&out, TEXT_NONE, 0, "disconnect", TEXT("{\"code\":3000}"));
    wrote("{\"push\":{\"disconnect\":{\"code\":3000}}}");
}

UNIT("wire/reply", CASE(errors_carry_code_message_and_temporary),
     CASE(replies_carry_the_id_and_an_object), CASE(publications_leave_zeros_out),
     CASE(client_infos_leave_empty_fields_out), CASE(pushes_name_channel_and_kind))
