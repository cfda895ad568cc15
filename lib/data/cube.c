/** @file cube.c @brief Storage of frame stacks. */
#include "sequin/cube.h"

#include <inttypes.h>
#include <stddef.h>

#include "mem.h"
#include "raise.h"

sqn_status sqn_cube_init(sqn_cube *cube, int64_t n_frame, int64_t ny, int64_t nx,
                         sqn_error *err)
{
    const int64_t n_value = sqn__mem_product(sqn__mem_product(n_frame, ny), nx);

    *cube = (sqn_cube){.n_frame = n_frame, .ny = ny, .nx = nx};
    cube->data = sqn__mem_alloc(n_value, sizeof *cube->data);
    if (cube->data == NULL) {
        *cube = (sqn_cube){0};
        return SQN_RAISE(err, E_MEM,
                         "cube of %" PRId64 " x %" PRId64 " x %" PRId64 " pixels", n_frame,
                         ny, nx);
    }
    return SQN_OK;
}

void sqn_cube_clear(sqn_cube *cube)
{
    if (cube != NULL) {
        sqn__mem_free(cube->data);
        *cube = (sqn_cube){0};
    }
}
