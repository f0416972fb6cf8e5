/* expect: incompatible pointer type */
/* S3: a future is no manager: it has to be waited for first. */
#include "manager/ws_manager.h"

size_t connections_of_a_promise(struct ws_manager_future *f);
size_t connections_of_a_promise(struct ws_manager_future *f)
{
    return ws_manager_connections(f);
}
