/** @file rows.c @brief Rows of matrices in memory. */
#include "sequin/rows.h"

static sqn_status read_dense(const void *context, int64_t row, double *value,
                             double *weight, sqn_error *err)
{
    const sqn_rows_pair *pair = context;
    const float *x = pair->value.data + row * pair->value.stride;
    const float *v = pair->weight.data + row * pair->weight.stride;

    (void)err;
    for (int64_t j = 0; j < pair->value.cols; j++) {
        value[j] = x[j];
        weight[j] = v[j];
    }
    return SQN_OK;
}

sqn_rows sqn_rows_dense(const sqn_rows_pair *pair)
{
    return (sqn_rows){.n_row = pair->value.rows,
                      .n_col = pair->value.cols,
                      .read = read_dense,
                      .context = pair,
                      .parallel = true};
}
