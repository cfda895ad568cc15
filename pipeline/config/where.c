/** @file where.c @brief Places of keys outlive the text that they were read from. */
#include "where.h"

#include <stdio.h>

#include "keys.h"
#include "mem.h"
#include "raise.h"

/** Where one key was written. */
struct config_place {
    bool given, set; /* set: by a --set item */
    int64_t line, column;
};

sqn_status where_keep(const resolve *r, sqn_error *err)
{
    int n = 0;
    const keys_key *table = keys_table(&n);

    r->config->places = sqn__mem_alloc(n, sizeof *r->config->places);
    if (r->config->places == NULL) {
        return SQN_RAISE(err, E_MEM, "the places of %d keys", n);
    }
    for (int i = 0; i < n; i++) {
        const problems_place place = resolve_place(r, table[i].path);

        r->config->places[i] = (struct config_place){
            resolve_given(r, table[i].path), place.set != NULL, place.line, place.column};
    }
    return SQN_OK;
}

const char *config_where(char out[SQN_ERROR_WHERE_MAX], const config *c, const char *key)
{
    const int index = keys_find(key);
    problems_place place = {.key = key};

    if (c->places != NULL && index >= 0 && c->places[index].given) {
        place.set = c->places[index].set ? key : NULL;
        place.line = c->places[index].line;
        place.column = c->places[index].column;
    }
    problems_where(out, SQN_ERROR_WHERE_MAX, c->path, &place);
    return out;
}

bool config_given(const config *c, const char *key)
{
    const int index = keys_find(key);

    return c->places != NULL && index >= 0 && c->places[index].given;
}
