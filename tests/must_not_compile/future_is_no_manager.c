/* expect: incompatible pointer type */
/* S3, the other way round: a future cannot be used before it was waited for. */
#include "manager/ws_manager.h"

struct ws_manager *use(struct ws_manager_future *future);

struct ws_manager *use(struct ws_manager_future *future)
{
    return ws_manager_ref(future);
}
