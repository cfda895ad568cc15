/** @file check_panels_given.c @brief Rows that are given up, or their memory, to panels. */
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "sqn_check.h"
#include "sqn_planted.h"
#include "sqn_wrap.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 11, .n_pix = 300, .rank = 3, .noise = 0.05, .missing = 0.1, .seed = 7};

/* Rows that count their readings and are gone once released. */
typedef struct passing {
    sqn_rows rows;
    int64_t *n_read; /* [n_row] */
    int64_t n_gone;
} passing;

static sqn_status read_passing(const void *context, int64_t row, double *value,
                               double *weight, sqn_error *error)
{
    const passing *p = context;

    ck_assert_int_ge(row, p->n_gone);
    p->n_read[row]++;
    return p->rows.read(p->rows.context, row, value, weight, error);
}

static void let_go(void *owner, int64_t row)
{
    passing *p = owner;

    ck_assert_int_eq(row, p->n_gone);
    ck_assert_int_eq(p->n_read[row], 2);
    p->n_gone++;
}

START_TEST(memory_of_the_data_is_lent_before_it_is_freed)
{
    sqn_panels *panels = NULL;
    sqn_planted p;
    sqn_spare spare;

    sqn_planted_init(&p, &scene);
    SQN_ASSERT_OK(sqn_panels_create(&panels, &p.rows, SQN_NEGATIVES_KEEP, &err), err);
    const float weight = *sqn__panels_v(panels, 0);

    spare = sqn_panels_spare_values(panels);
    ck_assert_ptr_null(spare.block[1]);
    memset(spare.block[0], 0xa5, spare.bytes[0]);
    ck_assert_float_eq(*sqn__panels_v(panels, 0), weight);
    spare = sqn_panels_spare(panels);
    for (int k = 0; k < SQN_SPARE_BLOCKS; k++) {
        ck_assert_uint_eq((uintptr_t)spare.block[k] % 64, 0);
        ck_assert_uint_eq(spare.bytes[k] % 64, 0);
        ck_assert_uint_ge(spare.bytes[k],
                          (size_t)(scene.n_frame * scene.n_pix) * sizeof(float));
        memset(spare.block[k], 0xa5, spare.bytes[k]);
    }
    sqn_panels_destroy(&panels);
    ck_assert_ptr_null(sqn_panels_spare(NULL).block[0]);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(rows_are_released_one_by_one_after_their_last_reading)
{
    sqn_panels *panels = NULL;
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int64_t j = 0; j < scene.n_pix; j++) {
        p.weight[4 * scene.n_pix + j] = 0.0F; /* this one takes no part */
    }
    int64_t n_read[20] = {0};
    passing passes = {p.rows, n_read, 0};
    const sqn_rows rows = {.n_row = scene.n_frame,
                           .n_col = scene.n_pix,
                           .read = read_passing,
                           .context = &passes,
                           .release = let_go,
                           .owner = &passes};

    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    ck_assert_int_eq(passes.n_gone, scene.n_frame);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

/* Rows of the planted matrix in a room of their own: pixel j of a row from `shift` on. */
typedef struct housed {
    sqn_rows_room room;
    int64_t n_frame, n_pix, shift;
    double wild; /* by which one value is multiplied */
    bool in_parts, is_given;
} housed;

static sqn_status read_housed_part(const void *context, int64_t row, int64_t first,
                                   int64_t n, double *value, double *weight,
                                   sqn_error *error)
{
    const housed *h = context;
    const int64_t at = row * h->room.stride + h->shift + first;

    (void)error;
    for (int64_t k = 0; k < n; k++) {
        const bool wild = row == 3 && first + k == 5;

        value[k] = (double)h->room.value[at + k] * (wild ? h->wild : 1.0);
        weight[k] = (double)h->room.weight[at + k];
    }
    return SQN_OK;
}

static sqn_status read_housed(const void *context, int64_t row, double *value,
                              double *weight, sqn_error *error)
{
    const housed *h = context;

    return read_housed_part(context, row, 0, h->n_pix, value, weight, error);
}

static void give(void *owner)
{
    housed *h = owner;

    ck_assert(!h->is_given);
    h->is_given = true;
}

static void move_in(housed *h, const sqn_planted *p, const sqn_planted_truth *truth,
                    int64_t stride)
{
    const int64_t size = truth->n_frame * stride;

    *h = (housed){.n_frame = truth->n_frame,
                  .n_pix = truth->n_pix,
                  .shift = stride - truth->n_pix,
                  .wild = 1.0};
    h->room = (sqn_rows_room){sqn__mem_alloc(size, sizeof(float)),
                              sqn__mem_alloc(size, sizeof(float)), stride};
    ck_assert(h->room.value != NULL && h->room.weight != NULL);
    for (int64_t e = 0; e < truth->n_frame * truth->n_pix; e++) {
        const int64_t at = e / truth->n_pix * stride + h->shift + e % truth->n_pix;

        h->room.value[at] = p->value[e];
        h->room.weight[at] = p->weight[e];
    }
}

/* Whoever did not give the room still has it. */
static void move_out(housed *h)
{
    if (!h->is_given) {
        sqn__mem_free(h->room.value);
        sqn__mem_free(h->room.weight);
    }
}

static sqn_rows rows_of(housed *h)
{
    return (sqn_rows){.n_row = h->n_frame,
                      .n_col = h->n_pix,
                      .read = read_housed,
                      .read_part = h->in_parts ? read_housed_part : NULL,
                      .context = h,
                      .room = h->room,
                      .taken = give,
                      .owner = h,
                      .parallel = true};
}

/* Frames and pixels of which `n_out` each, from the second on, hold nothing. */
static void empty(const sqn_planted *p, const sqn_planted_truth *truth, int64_t n_out)
{
    for (int64_t e = 0; e < truth->n_frame * truth->n_pix; e++) {
        const int64_t i = e / truth->n_pix, j = e % truth->n_pix;

        if ((i > 0 && i <= n_out) || (j > 0 && j <= n_out)) {
            p->weight[e] = 0.0F;
        }
    }
}

static void same_panels(const sqn_panels *a, const sqn_panels *b)
{
    const size_t bytes = (size_t)(a->n_panel * a->n_short * a->width) * sizeof *a->x;

    ck_assert_int_eq(a->n_panel, b->n_panel);
    ck_assert_int_eq(a->n_short, b->n_short);
    ck_assert_mem_eq(a->x, b->x, bytes);
    ck_assert_mem_eq(a->v, b->v, bytes);
    ck_assert(a->info.sum_vx2 == b->info.sum_vx2);
}

/* Panels in the room, or not, are those of rows that keep theirs. */
static void panels_of_a_room(const sqn_planted_truth *truth, int64_t stride, int64_t n_out,
                             bool in_room, bool in_parts)
{
    sqn_planted p;
    sqn_panels *apart = NULL, *inside = NULL;
    housed h;

    sqn_planted_init(&p, truth);
    empty(&p, truth, n_out);
    move_in(&h, &p, truth, stride);
    h.in_parts = in_parts;
    const sqn_rows rows = rows_of(&h);

    SQN_ASSERT_OK(sqn_panels_create(&apart, &p.rows, SQN_NEGATIVES_KEEP, &err), err);
    SQN_ASSERT_OK(sqn_panels_create(&inside, &rows, SQN_NEGATIVES_KEEP, &err), err);
    ck_assert(h.is_given == in_room);
    ck_assert((inside->x == h.room.value) == in_room);
    ck_assert((inside->v == h.room.weight) == in_room);
    same_panels(inside, apart);
    sqn_panels_destroy(&inside);
    sqn_panels_destroy(&apart);
    move_out(&h);
    sqn_planted_clear(&p);
}

START_TEST(panels_take_the_memory_of_rows_where_they_fit)
{
    sqn_planted_truth wide = scene, tall = scene;

    wide.n_pix = 2048; /* 16 panels without a rest */
    tall.n_frame = 600;

    for (int parts = 0; parts < 2; parts++) {
        panels_of_a_room(&scene, 384, 0, true, parts == 1);
        panels_of_a_room(&scene, 384, 4, true, parts == 1);
        panels_of_a_room(&scene, 1280, 0, true,
                         parts == 1); /* most of a line is not wanted */
        panels_of_a_room(&scene, 1280, 2, true, parts == 1);
        panels_of_a_room(&wide, 2048, 0, true, parts == 1);
        panels_of_a_room(&wide, 2048, 3, true, parts == 1);
        panels_of_a_room(&wide, 4096, 10, true, parts == 1); /* one frame is left */
        panels_of_a_room(&scene, 300, 0, false, parts == 1); /* no whole panels */
        panels_of_a_room(&scene, 320, 60, false, parts == 1);
        panels_of_a_room(&tall, 384, 0, false, parts == 1); /* frames are long */
    }
}
END_TEST

/* What is said of rows of which one value is multiplied by `wild`, and one weight is replaced. */
static void refused(char *message, size_t size, double wild, float weight, bool in_parts)
{
    sqn_planted_truth full = scene;
    sqn_planted p;
    sqn_panels *panels = NULL;
    housed h;

    full.missing = 0.0;
    sqn_planted_init(&p, &full);
    p.weight[7 * full.n_pix + 290] = weight;
    move_in(&h, &p, &full, 384);
    h.in_parts = in_parts;
    h.wild = wild;
    const sqn_rows rows = rows_of(&h);

    ck_assert_int_eq(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err),
                     SQN_ERR_DATA);
    ck_assert_ptr_null(panels);
    ck_assert(!h.is_given);
    (void)snprintf(message, size, "%s", err.message);
    ck_assert(wild == 1.0 || strstr(message, "out of proportion") != NULL);
    move_out(&h);
    sqn_planted_clear(&p);
}

START_TEST(what_is_wrong_is_named_though_rows_are_overwritten)
{
    char parts[256], whole[256], number[32];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int k = 0; k < 2; k++) { /* found by the first reading, and by the second */
        refused(parts, sizeof parts, k == 0 ? 1.0 : 1e200, k == 0 ? -1.0F : 1.0F, true);
        refused(whole, sizeof whole, k == 0 ? 1.0 : 1e200, k == 0 ? -1.0F : 1.0F, false);
        ck_assert_str_eq(parts, whole);
    }
    (void)snprintf(number, sizeof number, "value %g is",
                   (double)p.value[3 * scene.n_pix + 5] * 1e200);
    ck_assert_ptr_nonnull(strstr(parts, number));
    refused(parts, sizeof parts, 1.0, -1.0F, true);
    ck_assert_ptr_nonnull(strstr(parts, "weight -1 in frame 8, pixel 291"));
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_room_remains_with_its_owner_when_panels_fail)
{
    sqn_planted p;
    sqn_panels *panels = NULL;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    for (sqn_status status = SQN_ERR_MEMORY; status != SQN_OK; n++) {
        housed h;

        sqn_allocations_before_failure = INT64_MAX;
        move_in(&h, &p, &scene, 384);
        const sqn_rows rows = rows_of(&h);

        sqn_allocations_before_failure = n;
        status = sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err);
        ck_assert(status == SQN_OK || status == SQN_ERR_MEMORY);
        ck_assert((panels != NULL) == (status == SQN_OK));
        sqn_panels_destroy(&panels);
        move_out(&h);
    }
    ck_assert_int_gt(n, 12);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panels given");
    TCase *tcase = tcase_create("give");

    tcase_add_test(tcase, memory_of_the_data_is_lent_before_it_is_freed);
    tcase_add_test(tcase, rows_are_released_one_by_one_after_their_last_reading);
    tcase_add_test(tcase, panels_take_the_memory_of_rows_where_they_fit);
    tcase_add_test(tcase, what_is_wrong_is_named_though_rows_are_overwritten);
    tcase_add_test(tcase, a_room_remains_with_its_owner_when_panels_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
