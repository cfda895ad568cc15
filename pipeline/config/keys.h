/**
 * @file keys.h
 * @brief The one table of keys: the only place that knows what a configuration may hold.
 *
 * It drives the check, the defaults, `--set`, configs/full.yaml and the resolved
 * configuration. A new key is one row here and one field in config.h.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a value may be, and the field it fills. */
typedef enum keys_type {
    KEYS_BLOCK,    /**< Map of further keys, or the one of `words` in its place. A bool at
                        offset (0: none) says that the map, or the word, is there. */
    KEYS_TEXT,     /**< char * */
    KEYS_PATH,     /**< char *, an input file. */
    KEYS_PREFIX,   /**< char *, letters of a file name. */
    KEYS_HDU,      /**< char *, name or number. */
    KEYS_CHOICE,   /**< char *, one of the words. */
    KEYS_WORD,     /**< enum, one of the words. */
    KEYS_BOOLEAN,  /**< bool */
    KEYS_SWITCH,   /**< int, CONFIG_UNSET unless written. */
    KEYS_INTEGER,  /**< int64_t */
    KEYS_NUMBER,   /**< double */
    KEYS_PATHS,    /**< config_texts, input files. */
    KEYS_TEXTS,    /**< config_texts */
    KEYS_INTEGERS, /**< config_integers */
    KEYS_NUMBERS,  /**< config_numbers */
    KEYS_TRIPLES,  /**< config_numbers, a list of lists of three. */
    KEYS_BOXES     /**< config_numbers, a list of lists of four. */
} keys_type;

/** When a key must be written. */
typedef enum keys_need {
    KEYS_OPTIONAL,
    KEYS_FOR_RUN, /**< Of the tasks that read its block. */
    KEYS_FOR_SIMULATE,
    KEYS_IN_BLOCK /**< Where its block is written. */
} keys_need;

typedef struct keys_key {
    const char *path; /**< `block.key`. */
    keys_type type;
    keys_need need;
    size_t offset;        /**< Of its field in struct config. */
    double low, high;     /**< Of every number, inclusive; low == high: no limit. */
    int64_t n_min, n_max; /**< Length of a list; n_max 0: no limit. */
    const char *words;    /**< "one|two"; of an integer: what may stand in its place. */
    const char *unit;     /**< NULL: none. */
    const char *standard; /**< Default, as in YAML without quotes; NULL: none. */
    const char *example;  /**< Shown where there is no default. */
    const char *help;     /**< One line, without a final stop. */
    unsigned tasks; /**< Of a block at the top: bits 1 << task that read it; 0 = all. */
    int first_word; /**< Value of the first word. */
    bool above;     /**< `low` itself is too small. */
    bool even;      /**< Even integers only. */
    bool rising;    /**< A list whose numbers rise. */
    bool unlike;    /**< A list without equal numbers. */
} keys_key;

enum { KEYS_RANGE_MAX = 80 };

/** The table; blocks stand before what they hold. */
const keys_key *keys_table(int *n);

/** Index of the key with this path, or -1. */
int keys_find(const char *path);

/** Index of the block that holds the key with this path, or -1 at the top. */
int keys_block(const char *path);

/** True for a block whose presence means something: its defaults count only where it is. */
bool keys_is_choice(const keys_key *key);

/** True when a task (of config_task) reads the block that the key stands in. */
bool keys_serves(const keys_key *key, int task);

/** Numbers of one item of a list of this type: 4 of boxes, 3 of triples, else 1. */
int64_t keys_width(keys_type type);

/** The last part of a path. */
const char *keys_leaf(const char *path);

/** The key of the same block whose name is nearest to that of `path`; NULL if none is near. */
const keys_key *keys_nearest(const char *path);

/** The word nearest to `text`, copied; false if none is near. */
bool keys_nearest_word(char *out, size_t size, const keys_key *key, const char *text);

/** Value of a word, or -1. */
int keys_word_value(const keys_key *key, const char *word);

/** The word of a value, copied; empty if there is none. */
void keys_word_print(char *out, size_t size, const keys_key *key, int value);

/** All words with this between them. */
void keys_words_print(char *out, size_t size, const keys_key *key, const char *separator);

/** "0 .. 1", "> 0", "at least 1", or "" without limit. */
void keys_range_print(char out[KEYS_RANGE_MAX], const keys_key *key);

#endif
