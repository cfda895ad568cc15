/** @file header.c @brief A list of cards, and values looked up in it. */
#include "header.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

sqn_status sqn_header_create(sqn_header **out, sqn_error *err)
{
    *out = sqn__mem_alloc(1, sizeof **out);
    return *out != NULL ? SQN_OK : SQN_RAISE(err, E_MEM, "a header");
}

void sqn_header_destroy(sqn_header **header)
{
    if (header != NULL && *header != NULL) {
        sqn__mem_free((*header)->card);
        sqn__mem_free(*header);
        *header = NULL;
    }
}

sqn_status sqn__header_reserve(sqn_header *header, int64_t n, sqn_error *err)
{
    const int64_t need = header->n_card + n;

    if (need <= header->capacity) {
        return SQN_OK;
    }

    const int64_t capacity = need > 2 * header->capacity ? need + 36 : 2 * header->capacity;
    char(*card)[SQN__CARD + 1] = sqn__mem_alloc(capacity, sizeof *card);

    if (card == NULL) {
        return SQN_RAISE(err, E_MEM, "a header of %" PRId64 " cards", capacity);
    }
    if (header->n_card > 0) {
        memcpy(card, header->card, (size_t)header->n_card * sizeof *card);
    }
    sqn__mem_free(header->card);
    header->card = card;
    header->capacity = capacity;
    return SQN_OK;
}

sqn_status sqn__header_append(sqn_header *header, const char *card, sqn_error *err)
{
    const sqn_status status = sqn__header_reserve(header, 1, err);

    if (status == SQN_OK) {
        char *to = header->card[header->n_card++];

        for (int i = 0; i < SQN__CARD; i++) {
            to[i] = card[i];
            if (to[i] < ' ' || to[i] > '~') {
                to[i] = '?';
            }
        }
        to[SQN__CARD] = '\0';
    }
    return status;
}

int64_t sqn_header_n_card(const sqn_header *header)
{
    return header->n_card;
}

const char *sqn_header_card(const sqn_header *header, int64_t index)
{
    return header->card[index];
}

int64_t sqn__header_find(const sqn_header *header, const char *keyword)
{
    for (int64_t i = 0; i < header->n_card; i++) {
        if (sqn__header_card_is(header->card[i], keyword)) {
            return i;
        }
    }
    return -1;
}

int64_t sqn__header_span(const sqn_header *header, int64_t index)
{
    int64_t n = 1;

    while (index + n < header->n_card &&
           memcmp(header->card[index + n], "CONTINUE", 8) == 0) {
        n++;
    }
    return n;
}

/* Join the CONTINUE cards to the text in `out` while it ends in '&'. */
static void join_continued(char *out, size_t size, const sqn_header *header, int64_t index)
{
    const int64_t end = index + sqn__header_span(header, index);
    size_t n = strlen(out);

    while (++index < end && n > 0 && out[n - 1] == '&') {
        (void)sqn__header_card_value(out + n - 1, size - n + 1, header->card[index], NULL);
        n += strlen(out + n - 1) - 1;
    }
}

bool sqn_header_text(char *out, size_t size, const sqn_header *header, const char *keyword)
{
    return sqn__header_text_at(out, size, header, sqn__header_find(header, keyword));
}

bool sqn__header_text_at(char *out, size_t size, const sqn_header *header, int64_t index)
{
    bool is_text = false;

    if (size == 0) {
        return false;
    }
    out[0] = '\0';
    if (index < 0 || !sqn__header_card_value(out, size, header->card[index], &is_text)) {
        return false;
    }
    if (is_text) {
        join_continued(out, size, header, index);
    }
    return true;
}

bool sqn_header_number(double *out, const sqn_header *header, const char *keyword)
{
    char text[SQN__CARD + 1];

    *out = NAN;
    return sqn_header_text(text, sizeof text, header, keyword) &&
           sqn__header_card_number(out, text);
}
