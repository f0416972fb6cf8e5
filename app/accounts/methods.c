#include "accounts/inside.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define PASSWORD_PARAM                                                                             \
    {                                                                                              \
        "password", PARAM_RAW, true, 0, PASSWORD_MAX_BYTES, 0                                      \
    }

static const struct param setup_params[] = {
    {"secret", PARAM_TEXT, true, 1, 100, 0}, {"place", PARAM_TEXT, true, 1, 80, 0},
    {"display", PARAM_TEXT, true, 1, 80, 0}, PASSWORD_PARAM,
    {"name", PARAM_TEXT, false, 1, 32, 0},
};
static const struct param join_params[] = {
    {"code", PARAM_TEXT, true, 1, 100, 0},
    {"display", PARAM_TEXT, true, 1, 80, 0},
    PASSWORD_PARAM,
    {"name", PARAM_TEXT, false, 1, 32, 0},
};
static const struct param invite_params[] = {
    {"uses", PARAM_INT, false, 1, 100, INVITE_USES},
    {"ttl_s", PARAM_INT, false, 1, INT64_C(365) * 24 * 3600, INVITE_TTL_S},
};
static const struct param id_params[] = {{"id", PARAM_ID, true, 0, 0, 0}};
static const struct param login_params[] = {
    {"name", PARAM_TEXT, true, 1, 80, 0},
    {"password", PARAM_RAW, true, 1, PASSWORD_MAX_BYTES, 0},
    {"stay", PARAM_BOOL, false, 0, 0, 0},
};
static const struct param user_list_params[] = {
    {"limit", PARAM_INT, false, 1, 500, 50},
    {"after", PARAM_ID, false, 0, 0, 0},
};
static const struct param user_update_params[] = {
    {"display", PARAM_TEXT, true, 1, 80, 0},
    {"user", PARAM_TEXT, false, 1, 80, 0},
};
static const struct param user_erase_params[] = {
    {"user", PARAM_TEXT, true, 1, 80, 0},
    {"messages", PARAM_TEXT, true, 1, 8, 0},
};
static const struct param user_add_params[] = {
    {"name", PARAM_TEXT, true, 1, 32, 0},
    {"display", PARAM_TEXT, false, 1, 80, 0},
    {"admin", PARAM_BOOL, false, 0, 0, 0},
    {"password", PARAM_RAW, false, 0, PASSWORD_MAX_BYTES, 0},
};
static const struct param user_password_params[] = {
    {"old", PARAM_RAW, true, 1, PASSWORD_MAX_BYTES, 0},
    PASSWORD_PARAM,
};
static const struct param user_reset_params[] = {
    {"user", PARAM_TEXT, true, 1, 80, 0},
    {"password", PARAM_RAW, false, 0, PASSWORD_MAX_BYTES, 0},
};
static const struct param token_params[] = {
    {"name", PARAM_TEXT, true, 1, 80, 0},
    {"ttl_s", PARAM_INT, false, 1, INT64_C(10) * 365 * 24 * 3600, INT64_C(30) * 24 * 3600},
};

static const struct method methods[] = {
    {"place.get", RIGHT_ANY, 0, NULL, 0, place_get},
    {"place.setup", RIGHT_ANY, 0, setup_params, COUNT(setup_params), place_setup},
    {"place.join", RIGHT_ANY, 0, join_params, COUNT(join_params), place_join},
    {"invite.create", RIGHT_ADMIN, 1, invite_params, COUNT(invite_params), invite_create},
    {"invite.list", RIGHT_ADMIN, 0, NULL, 0, invite_list},
    {"invite.revoke", RIGHT_ADMIN, 1, id_params, COUNT(id_params), invite_revoke},
    {"session.login", RIGHT_ANY, 0, login_params, COUNT(login_params), session_login},
    {"session.logout", RIGHT_USER, 0, NULL, 0, session_logout},
    {"session.list", RIGHT_USER, 0, NULL, 0, session_list},
    {"session.revoke", RIGHT_USER, 1, id_params, COUNT(id_params), session_revoke},
    {"user.me", RIGHT_USER, 0, NULL, 0, user_me},
    {"user.list", RIGHT_USER, 0, user_list_params, COUNT(user_list_params), user_list},
    {"user.update", RIGHT_USER, 1, user_update_params, COUNT(user_update_params), user_update},
    {"user.erase", RIGHT_ADMIN, 1, user_erase_params, COUNT(user_erase_params), user_erase},
    {"user.password", RIGHT_USER, 0, user_password_params, COUNT(user_password_params),
     user_password},
    {"user.reset", RIGHT_ADMIN, 1, user_reset_params, COUNT(user_reset_params), user_reset},
    {"user.add", RIGHT_LOCAL, 0, user_add_params, COUNT(user_add_params), user_add},
    {"token.make", RIGHT_LOCAL, 0, token_params, COUNT(token_params), token_make},
};

struct method_set accounts_methods(struct accounts *a)
{
    return (struct method_set){methods, COUNT(methods), a};
}
