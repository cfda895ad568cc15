/** @file cube.c @brief Storage of frame stacks. */
#include <inttypes.h>
#include <stddef.h>

#include "cube_internal.h"
#include "mem.h"
#include "raise.h"

/* A cube of the allocator's storage. */
static sqn_status create(sqn_cube *cube, const sqn_cube *size,
                         void *(*allocate)(int64_t count, size_t size), sqn_error *err)
{
    const int64_t n_value =
        sqn__mem_product(sqn__mem_product(size->n_frame, size->ny), size->nx);

    *cube = *size;
    cube->data = allocate(n_value, sizeof *cube->data);
    if (cube->data == NULL) {
        *cube = (sqn_cube){0};
        return SQN_RAISE(err, E_MEM,
                         "cube of %" PRId64 " x %" PRId64 " x %" PRId64 " pixels",
                         size->n_frame, size->ny, size->nx);
    }
    return SQN_OK;
}

sqn_status sqn_cube_init(sqn_cube *cube, int64_t n_frame, int64_t ny, int64_t nx,
                         sqn_error *err)
{
    return create(cube, &(sqn_cube){n_frame, ny, nx, NULL}, sqn__mem_alloc, err);
}

sqn_status sqn__cube_reserve(sqn_cube *cube, int64_t n_frame, int64_t ny, int64_t nx,
                             sqn_error *err)
{
    return create(cube, &(sqn_cube){n_frame, ny, nx, NULL}, sqn__mem_reserve, err);
}

void sqn_cube_clear(sqn_cube *cube)
{
    if (cube != NULL) {
        sqn__mem_free(cube->data);
        *cube = (sqn_cube){0};
    }
}
