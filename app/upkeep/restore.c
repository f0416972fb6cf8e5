#include "store/db.h"
#include "upkeep/upkeep.h"

static enum err renew_epochs(struct db *copy)
{
    return query_run(db_query(copy, QUERY_UPKEEP_ROOM_EPOCHS));
}

enum err upkeep_restore(struct restore restore, char **out_kept, char error[256])
{
    restore.settle = renew_epochs;
    return store_restore(&restore, out_kept, error);
}
