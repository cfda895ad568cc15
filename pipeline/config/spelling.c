/** @file spelling.c @brief How far one word is from another. */
#include "spelling.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 48 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int spelling_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int row[3][NAME_MAX_LENGTH + 1];
    int *before = row[0], *last = row[1], *now = row[2];

    if (n_a > NAME_MAX_LENGTH || n_b > NAME_MAX_LENGTH) {
        return NAME_MAX_LENGTH;
    }
    memset(row, 0, sizeof row);
    for (size_t j = 0; j <= n_b; j++) {
        last[j] = (int)j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        int *spare = before;

        now[0] = (int)i;
        for (size_t j = 1; j <= n_b; j++) {
            const int change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);

            now[j] = smaller(change, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[n_b];
}

int spelling_tolerated(size_t length)
{
    return length < 4 ? 1 : length < 8 ? 2 : 3;
}
