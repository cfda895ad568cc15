/** @file fits_pool.c @brief Files kept open while they may be wanted again. */
#include "fits_pool.h"

#include <assert.h>
#include <string.h>

sqn_status sqn__fits_pool_take(const sqn__fits_file **out, sqn__fits_pool *pool,
                               const char *path, const sqn_log *log, sqn_error *err)
{
    int free_slot = -1;

    *out = NULL;
    pool->clock++;
    for (int i = 0; i < SQN__FITS_POOL; i++) {
        if (pool->slot[i].stamp > 0 && strcmp(pool->slot[i].file.path, path) == 0) {
            pool->slot[i].stamp = pool->clock;
            pool->slot[i].n_user++;
            *out = &pool->slot[i].file;
            return SQN_OK;
        }
        if (pool->slot[i].n_user == 0 &&
            (free_slot < 0 || pool->slot[i].stamp < pool->slot[free_slot].stamp)) {
            free_slot = i; /* empty, or the one not wanted for longest */
        }
    }
    assert(free_slot >= 0);
    if (pool->slot[free_slot].stamp > 0) {
        sqn__fits_file_close(&pool->slot[free_slot].file);
        pool->slot[free_slot].stamp = 0;
    }

    const sqn_status status =
        sqn__fits_file_open(&pool->slot[free_slot].file, path, log, err);

    if (status == SQN_OK) {
        pool->slot[free_slot].stamp = pool->clock;
        pool->slot[free_slot].n_user = 1;
        *out = &pool->slot[free_slot].file;
    }
    return status;
}

void sqn__fits_pool_give(sqn__fits_pool *pool, const sqn__fits_file *file)
{
    for (int i = 0; i < SQN__FITS_POOL; i++) {
        if (file == &pool->slot[i].file) {
            pool->slot[i].n_user--;
        }
    }
}

void sqn__fits_pool_clear(sqn__fits_pool *pool)
{
    for (int i = 0; i < SQN__FITS_POOL; i++) {
        if (pool->slot[i].stamp > 0) {
            sqn__fits_file_close(&pool->slot[i].file);
        }
    }
    *pool = (sqn__fits_pool){0};
}
