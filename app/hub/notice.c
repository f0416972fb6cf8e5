/* notice: a push without a channel; its looks are made and shared as those of any push. */
#include "hub/notice.h"

#include "base/buf.h"
#include "hub/hub_inside.h"

#define DATA_AT (sizeof "{\"data\":" - 1) /* where the document begins */

/* A notice is a push: only its name is for others. */
static struct push *push_of(const struct notice *n)
{
    return (struct push *)n;
}

struct notice *notice_new(struct text json)
{
    struct buf message;
    buf_init(&message, json.len + DATA_AT + 1);
    buf_add_text(&message, TEXT("{\"data\":"));
    buf_add_text(&message, json);
    buf_add_char(&message, '}');
    struct push *p = message.err == ERR_OK
                         ? push_presence((struct named){.hash = 0}, "message", buf_text(&message))
                         : NULL;
    buf_fini(&message);
    return (struct notice *)p;
}

struct notice *notice_ref(struct notice *n)
{
    push_ref(push_of(n));
    return n;
}

struct notice *notice_unref(struct notice *n)
{
    push_unref(push_of(n));
    return NULL;
}

struct text notice_json(const struct notice *n)
{
    struct text json = push_of(n)->json;
    return (struct text){json.data + DATA_AT, json.len - DATA_AT - 1};
}

struct frame *notice_frame(struct notice *n, const struct form *form)
{
    struct push *p = push_of(n);
    struct look look = {.form = form_for(*form, p->json.len)};
    return push_look(p, &look, NULL);
}
