/** @file fits_choice.c @brief The cards of a header that go into an HDU of a product. */
#include "fits_choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_rule.h"
#include "mem.h"
#include "raise.h"
#include "warn.h"

/* Names seen so far: open addressing, a name is its eight bytes, 0 is free. */
typedef struct name_set {
    uint64_t *slot; /* [n_slot] owned */
    int64_t n_slot; /* a power of two, more than twice the names */
} name_set;

/* What one pass over the cards needs. */
typedef struct pass {
    const sqn_header *header;
    int n_axis;
    bool has_cd, has_pc;
    name_set names;
    bool open; /* the card before is kept, and its text goes on */
} pass;

static sqn_status name_set_init(name_set *set, int64_t n_name, sqn_error *err)
{
    set->n_slot = 64;
    while (set->n_slot < 2 * n_name + 2) {
        set->n_slot *= 2;
    }
    set->slot = sqn__mem_alloc(set->n_slot, sizeof *set->slot);
    return set->slot != NULL ? SQN_OK
                             : SQN_RAISE(err, E_MEM, "%" PRId64 " keywords", n_name);
}

/* False if the name was there already. */
static bool name_set_add(name_set *set, const char *name)
{
    uint64_t key = 0;
    uint64_t i = 0;

    memcpy(&key, name, sizeof key);
    i = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
    for (;; i++) {
        uint64_t *slot = &set->slot[i & (uint64_t)(set->n_slot - 1)];

        if (*slot == key) {
            return false;
        }
        if (*slot == 0) {
            *slot = key;
            return true;
        }
    }
}

/* Which forms of the linear part the header uses. */
static void find_matrices(pass *p)
{
    sqn__fits_card card;
    const char *why = NULL;

    for (int64_t i = 0; i < sqn_header_n_card(p->header); i++) {
        sqn__fits_card_read(&card, sqn_header_card(p->header, i));
        if (sqn__fits_rule_judge(&why, &card, p->n_axis) == SQN__FITS_KEEP) {
            p->has_cd = p->has_cd || sqn__fits_rule_is_matrix(card.name, "CD");
            p->has_pc = p->has_pc || sqn__fits_rule_is_matrix(card.name, "PC");
        }
    }
}

/* Whether a CONTINUE card has text: blanks where others have "= ", and a quoted string. */
static bool has_text(const char *card)
{
    char as_value[81];
    sqn__fits_card read;

    (void)snprintf(as_value, sizeof as_value, "ANYNAME = %-70.70s", card + 10);
    sqn__fits_card_read(&read, as_value);
    return strncmp(card + 8, "  ", 2) == 0 && read.fault == NULL &&
           read.kind == SQN__FITS_TEXT;
}

/* What is wrong with a card beside the others; NULL: nothing. */
static const char *wrong_together(pass *p, const sqn__fits_card *card, const char *text)
{
    if (strcmp(card->name, "CONTINUE") == 0) {
        if (!p->open) {
            return "it continues nothing";
        }
        return has_text(text) ? NULL : "it has no text";
    }
    if (p->has_cd && sqn__fits_rule_is_matrix(card->name, "PC")) {
        return "PC and CD exclude each other; CD is kept";
    }
    if (p->has_pc && !p->has_cd && strcmp(card->name, "CROTA2") == 0) {
        return "PC and CROTA2 exclude each other; PC is kept";
    }
    if (!sqn__fits_card_is_remark(card->name) && !name_set_add(&p->names, card->name)) {
        return "the keyword was there before";
    }
    return NULL;
}

/* Whether the text of a card goes on in the next one: it ends with & before its quote. */
static bool goes_on(const char *text)
{
    const char *quote = strrchr(text, '\'');

    return quote != NULL && quote > text && quote[-1] == '&';
}

/* Note which reference keywords of the main WCS are there. */
static void count_axes(sqn__fits_choice *out, const char *name)
{
    static const char *const roots[] = {"CRPIX", "CRVAL", "CTYPE", "CDELT",
                                        "CROTA", "CRDER", "CSYER", "PV"};
    const size_t n = strlen(name);
    const char *second = strchr(name, '_');
    bool *const seen[] = {out->reference_pixel, out->reference_value, out->type};

    if (n == 0 || name[n - 1] < '0' || name[n - 1] > '9') {
        return; /* a remark, no axis, or an alternate WCS */
    }
    if (sqn__fits_rule_is_matrix(name, "CD")) {
        out->has_cd = true;
        out->matrix[name[2] - '0'] = true;
        out->matrix[second[1] - '0'] = true;
        return;
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        const int axis = sqn__fits_rule_axis(name, roots[i]);

        if (axis > 0 && axis < 10) {
            out->n_wcs_axis = axis > out->n_wcs_axis ? axis : out->n_wcs_axis;
            if (i < sizeof seen / sizeof seen[0]) {
                seen[i][axis] = true;
            }
        }
    }
}

/* One card; true when it describes the input's array and is left out for that. */
static bool choose(sqn__fits_choice *out, pass *p, int64_t i, const char *where,
                   const sqn_log *log)
{
    const char *text = sqn_header_card(p->header, i);
    const char *why = NULL;
    sqn__fits_card card;
    sqn__fits_rule_verdict verdict = SQN__FITS_KEEP;

    sqn__fits_card_read(&card, text);
    if (card.name[0] == '\0' && strspn(text, " ") == strlen(text)) {
        return false;
    }
    verdict = sqn__fits_rule_judge(&why, &card, p->n_axis);
    if (verdict == SQN__FITS_KEEP) {
        why = wrong_together(p, &card, text);
        verdict = why != NULL ? SQN__FITS_REJECT : SQN__FITS_KEEP;
    }
    p->open = verdict == SQN__FITS_KEEP && goes_on(text) &&
              (card.kind == SQN__FITS_TEXT || strcmp(card.name, "CONTINUE") == 0 ||
               strcmp(card.name, "HIERARCH") == 0);
    if (verdict == SQN__FITS_REJECT) {
        sqn__log_note(log, "%s: card %" PRId64 " \"%.30s\" is left out: %s", where, i + 1,
                      text, why);
    }
    if (verdict == SQN__FITS_KEEP) {
        out->keep[i] = true;
        out->n_kept++;
        out->has_long = out->has_long || strcmp(card.name, "CONTINUE") == 0;
        count_axes(out, card.name);
    }
    return verdict == SQN__FITS_ARRAY;
}

sqn_status sqn__fits_choice_init(sqn__fits_choice *out, const sqn_header *header,
                                 int n_axis, const char *where, const sqn_log *log,
                                 sqn_error *err)
{
    pass p = {.header = header, .n_axis = n_axis};
    const int64_t n_card = header != NULL ? sqn_header_n_card(header) : 0;
    int64_t n_array = 0;
    sqn_status status = SQN_OK;

    *out = (sqn__fits_choice){0};
    if (n_card == 0) {
        return SQN_OK;
    }
    SQN_TRY(name_set_init(&p.names, n_card, err));
    out->keep = sqn__mem_alloc(n_card, sizeof *out->keep);
    if (out->keep == NULL) {
        status = SQN_RAISE(err, E_MEM, "a choice of %" PRId64 " cards", n_card);
        goto cleanup;
    }
    find_matrices(&p);
    for (int64_t i = 0; i < n_card; i++) {
        n_array += choose(out, &p, i, where, log) ? 1 : 0;
    }
    if (n_array > 0) {
        sqn__log_note(log,
                      "%s: %" PRId64 " of %" PRId64
                      " cards are left out: they describe the array or the file read",
                      where, n_array, n_card);
    }

cleanup:
    sqn__mem_free(p.names.slot);
    return status;
}

void sqn__fits_choice_clear(sqn__fits_choice *choice)
{
    if (choice != NULL) {
        sqn__mem_free(choice->keep);
        *choice = (sqn__fits_choice){0};
    }
}
