#include "chat/asked.h"
#include "chat/inside.h"

#define KEEP_DAYS_MAX 36500
#define KEEP_MESSAGES_MAX 1000000000
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ROOM_PARAM                                                                                 \
    {                                                                                              \
        "room", PARAM_ID, true, 0, 0, 0                                                            \
    }
#define OFFSET_PARAM(name, required)                                                               \
    {                                                                                              \
        name, PARAM_INT, required, 0, INT64_MAX, 0                                                 \
    }
#define TEXT_PARAM                                                                                 \
    {                                                                                              \
        "text", PARAM_TEXT, true, 1, 16000, 0                                                      \
    }
#define LIMIT_PARAM                                                                                \
    {                                                                                              \
        "limit", PARAM_INT, false, 1, 200, 50                                                      \
    }

static const struct param room_list_params[] = {{"joinable", PARAM_BOOL, false, 0, 0, 0}};
static const struct param create_params[] = {
    {"name", PARAM_TEXT, true, 1, 80, 0},
    {"private", PARAM_BOOL, false, 0, 0, 0},
    {"topic", PARAM_TEXT, false, 0, 250, 0},
};
static const struct param direct_params[] = {{"user", PARAM_TEXT, true, 1, 80, 0}};
static const struct param update_params[] = {
    ROOM_PARAM,
    {"name", PARAM_TEXT, false, 1, 80, 0},
    {"topic", PARAM_TEXT, false, 0, 250, 0},
    {"private", PARAM_BOOL, false, 0, 0, 0},
    {"keep_days", PARAM_INT, false, 0, KEEP_DAYS_MAX, 0},
    {"keep_messages", PARAM_INT, false, 0, KEEP_MESSAGES_MAX, 0},
};
static const struct param prefer_params[] = {
    ROOM_PARAM,
    {"muted", PARAM_BOOL, false, 0, 0, 0},
    {"favourite", PARAM_BOOL, false, 0, 0, 0},
};
static const struct param room_params[] = {ROOM_PARAM};
static const struct param invite_params[] = {
    ROOM_PARAM,
    {"user", PARAM_TEXT, true, 1, 80, 0},
};
static const struct param send_params[] = {
    ROOM_PARAM,
    {"text", PARAM_TEXT, false, 0, 16000, 0}, /* unless there are files: message_send */
    {"key", PARAM_RAW, true, 1, KEY_MAX, 0},
    {"reply_to", PARAM_ID, false, 0, 0, 0},
    {"files", PARAM_TEXTS, false, 0, FILES_OF_MESSAGE_MAX, 0},
};
static const struct param list_params[] = {
    ROOM_PARAM,
    OFFSET_PARAM("before", false),
    OFFSET_PARAM("after", false),
    OFFSET_PARAM("around", false),
    LIMIT_PARAM,
};
static const struct param search_params[] = {
    {"query", PARAM_TEXT, true, 1, QUERY_CHARS_MAX, 0},
    {"room", PARAM_ID, false, 0, 0, 0},
    {"order", PARAM_TEXT, false, 1, 8, 0},
    {"cursor", PARAM_RAW, false, 1, 48, 0},
    {"zone", PARAM_INT, false, -ZONE_MAX_MINUTES, ZONE_MAX_MINUTES, 0},
    LIMIT_PARAM,
};
static const struct param edit_params[] = {
    ROOM_PARAM,
    {"id", PARAM_ID, true, 0, 0, 0},
    TEXT_PARAM,
};
static const struct param delete_params[] = {ROOM_PARAM, {"id", PARAM_ID, true, 0, 0, 0}};
static const struct param react_params[] = {
    ROOM_PARAM,
    {"id", PARAM_ID, true, 0, 0, 0},
    {"emoji", PARAM_TEXT, true, 1, 16, 0},
};
static const struct param file_list_params[] = {
    ROOM_PARAM, {"before", PARAM_ID, false, 0, 0, 0}, LIMIT_PARAM};
static const struct param mark_params[] = {ROOM_PARAM, OFFSET_PARAM("offset", true)};

static const struct param keep_params[] = {
    {"keep_days", PARAM_INT, false, 0, KEEP_DAYS_MAX, 0},
    {"keep_messages", PARAM_INT, false, 0, KEEP_MESSAGES_MAX, 0},
    {"keep_bytes", PARAM_INT, false, 0, INT64_C(1) << 50, 0},
};

static const struct method methods[] = {
    {"place.update", RIGHT_ADMIN, 1, keep_params, COUNT(keep_params), place_update},
    {"place.preview", RIGHT_ADMIN, 1, keep_params, COUNT(keep_params), place_preview},
    {"room.list", RIGHT_USER, 0, room_list_params, COUNT(room_list_params), room_list},
    {"room.create", RIGHT_USER, 1, create_params, COUNT(create_params), room_create},
    {"room.direct", RIGHT_USER, 1, direct_params, COUNT(direct_params), room_direct},
    {"room.update", RIGHT_OWNER, 1, update_params, COUNT(update_params), room_update},
    {"room.join", RIGHT_USER, 1, room_params, COUNT(room_params), room_join},
    {"room.leave", RIGHT_USER, 1, room_params, COUNT(room_params), room_leave},
    {"room.members", RIGHT_MEMBER, 0, room_params, COUNT(room_params), room_members},
    {"room.prefer", RIGHT_MEMBER, 1, prefer_params, COUNT(prefer_params), room_prefer},
    {"room.invite", RIGHT_MEMBER, 1, invite_params, COUNT(invite_params), room_invite},
    {"message.send", RIGHT_MEMBER, 1, send_params, COUNT(send_params), message_send},
    {"message.list", RIGHT_MEMBER, 0, list_params, COUNT(list_params), message_list},
    {"message.search", RIGHT_USER, 0, search_params, COUNT(search_params), message_search},
    {"message.edit", RIGHT_MEMBER, 1, edit_params, COUNT(edit_params), message_edit},
    {"message.delete", RIGHT_MEMBER, 1, delete_params, COUNT(delete_params), message_delete},
    {"reaction.add", RIGHT_MEMBER, 1, react_params, COUNT(react_params), reaction_add},
    {"reaction.remove", RIGHT_MEMBER, 1, react_params, COUNT(react_params), reaction_remove},
    {"file.list", RIGHT_MEMBER, 0, file_list_params, COUNT(file_list_params), file_list},
    {"read.mark", RIGHT_MEMBER, 1, mark_params, COUNT(mark_params), read_mark},
    {"typing.start", RIGHT_MEMBER, 0, room_params, COUNT(room_params), typing_start},
};

struct method_set chat_methods(struct chat *c)
{
    return (struct method_set){methods, COUNT(methods), c};
}
