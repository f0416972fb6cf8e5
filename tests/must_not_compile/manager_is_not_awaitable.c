/* expect: incompatible pointer type */
/* S3: a manager is no future. Waiting for one is an error of the compiler, not of the user. */
#include "manager/ws_manager.h"

enum err wait_for(struct ws_manager *manager, struct ws_manager **out_manager);

enum err wait_for(struct ws_manager *manager, struct ws_manager **out_manager)
{
    return ws_manager_future_wait(manager, 1000, out_manager);
}
