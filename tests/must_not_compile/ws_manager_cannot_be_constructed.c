/* expect: invalid application of */
/* S12: nobody can make a manager beside the registry: its size is not even known. */
#include "manager/ws_manager.h"

#include <stdlib.h>

struct ws_manager *homemade(void);
struct ws_manager *homemade(void)
{
    return calloc(1, sizeof(struct ws_manager));
}
