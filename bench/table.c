/** @file table.c @brief CSV on standard output. */
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

void table_head(void)
{
    (void)printf("measure,set,kind,n_frame,n_pix,k,threads,quantity,unit,value,low,high,"
                 "runs\n");
}

void table_line(const table_key *key, const char *quantity, const char *unit,
                const sample *values)
{
    (void)printf("%s,%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64
                 ",%d,%s,%s,%.6g,%.6g,%.6g,%d\n",
                 key->measure, key->set, key->kind, key->n_frame, key->n_pix, key->k,
                 key->threads, quantity, unit, sample_quantile(values, 0.5),
                 sample_quantile(values, 0.25), sample_quantile(values, 0.75), values->n);
    (void)fflush(stdout);
}

void table_number(const table_key *key, const char *quantity, const char *unit,
                  double value)
{
    sample one = {.n = 0};

    sample_add(&one, value);
    table_line(key, quantity, unit, &one);
}
