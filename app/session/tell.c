/* tell: one message for everybody who is connected: a notice to each reactor. */
#include "hub/notice.h"
#include "session/client.h"

#define DATA_MAX ((size_t)32 << 10)

static void on_tell(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct pool *p = subject;
    struct notice *n = object;
    for (uint32_t i = 0; i < p->slots_count; i++)
        if (p->slots[i] && p->slots[i]->state == CLIENT_CONNECTED)
            (void)client_tell(p->slots[i], n);
    notice_unref(n);
}

enum err sessions_tell(struct sessions *s, uint64_t number, struct text data)
{
    if (data.len > DATA_MAX)
        return ERR_LIMIT;
    struct notice *n = notice_new(data);
    enum err e = n ? ERR_OK : ERR_NOMEM;
    for (unsigned i = 0; n && i < s->options.reactors_count; i++) {
        struct pool *p = &s->pools[i];
        if (p->told == number)
            continue;
        enum err posted = reactor_post(p->reactor, on_tell, p, notice_ref(n), 0);
        if (posted == ERR_OK)
            p->told = number;
        else
            notice_unref(n);
        if (posted != ERR_OK)
            e = posted;
    }
    notice_unref(n);
    return e;
}
