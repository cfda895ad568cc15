/** @file keys_near.c @brief Words, ranges and near misses: what a message says of a key. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert.h"
#include "keys.h"
#include "spelling.h"

const keys_key *keys_nearest(const char *path)
{
    int n = 0;
    const keys_key *table = keys_table(&n), *best = NULL;
    const char *leaf = keys_leaf(path);
    const size_t length = strlen(leaf), block = (size_t)(leaf - path);
    int least = spelling_tolerated(length) + 1;

    for (int i = 0; i < n; i++) {
        const char *name = keys_leaf(table[i].path);

        if ((size_t)(name - table[i].path) == block &&
            strncmp(table[i].path, path, block) == 0) {
            const int d = spelling_distance(leaf, length, name, strlen(name));

            if (d < least) {
                least = d;
                best = &table[i];
            }
        }
    }
    for (int i = 0; best == NULL && i < n; i++) { /* the right name in the wrong block */
        if (strcmp(keys_leaf(table[i].path), leaf) == 0) {
            best = &table[i];
        }
    }
    return best;
}

/* Length of the word at `words`, and where the next one is (NULL: none). */
static size_t word_length(const char *words, const char **next)
{
    const size_t length = strcspn(words, "|");

    *next = words[length] == '|' ? words + length + 1 : NULL;
    return length;
}

bool keys_nearest_word(char *out, size_t size, const keys_key *key, const char *text)
{
    const size_t length = strlen(text);
    int least = spelling_tolerated(length) + 1;

    out[0] = '\0';
    for (const char *word = key->words, *next = NULL; word != NULL; word = next) {
        const size_t n = word_length(word, &next);
        const int d = spelling_distance(text, length, word, n);

        if (d < least) {
            least = d;
            (void)snprintf(out, size, "%.*s", (int)n, word);
        }
    }
    return out[0] != '\0';
}

int keys_word_value(const keys_key *key, const char *word)
{
    const size_t length = strlen(word);
    int value = key->first_word;

    for (const char *w = key->words, *next = NULL; w != NULL; w = next, value++) {
        if (word_length(w, &next) == length && strncmp(w, word, length) == 0) {
            return value;
        }
    }
    return -1;
}

void keys_word_print(char *out, size_t size, const keys_key *key, int value)
{
    int at = key->first_word;

    out[0] = '\0';
    for (const char *w = key->words, *next = NULL; w != NULL; w = next, at++) {
        const size_t n = word_length(w, &next);

        if (at == value) {
            (void)snprintf(out, size, "%.*s", (int)n, w);
        }
    }
}

void keys_words_print(char *out, size_t size, const keys_key *key, const char *separator)
{
    size_t used = 0;

    out[0] = '\0';
    for (const char *w = key->words, *next = NULL; w != NULL && used < size; w = next) {
        const size_t n = word_length(w, &next);

        used += (size_t)snprintf(out + used, size - used, "%.*s%s", (int)n, w,
                                 next != NULL ? separator : "");
    }
}

void keys_range_print(char out[KEYS_RANGE_MAX], const keys_key *key)
{
    char low[CONVERT_NUMBER_MAX], high[CONVERT_NUMBER_MAX];

    out[0] = '\0';
    if (key->low == key->high) {
        return;
    }
    convert_print(low, key->low);
    if (isinf(key->high)) {
        (void)snprintf(out, KEYS_RANGE_MAX, key->above ? "> %s" : "at least %s", low);
        return;
    }
    convert_print(high, key->high);
    (void)snprintf(out, KEYS_RANGE_MAX, key->above ? "> %s, at most %s" : "%s .. %s", low,
                   high);
}
