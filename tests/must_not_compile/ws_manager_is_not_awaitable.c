/* expect: incompatible pointer type */
/* S3: a manager is no future, and the compiler says so before anything runs. */
#include "manager/ws_manager.h"

enum err wait_for_what_is_there(struct ws_registry *r, struct ws_manager **out_manager);
enum err wait_for_what_is_there(struct ws_registry *r, struct ws_manager **out_manager)
{
    struct ws_manager *m;
    enum err e = ws_manager_get(r, TEXT("42"), WS_MODE_UNIFIED, &m);
    return e == ERR_OK ? ws_manager_future_wait(m, 1000, out_manager) : e;
}
