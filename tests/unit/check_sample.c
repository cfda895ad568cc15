/** @file check_sample.c @brief Spectra that panels have taken over go back to the system. */
#include "sample.h"

#include "mem.h"
#include "sqn_check.h"

enum { N_WAVE = 1024, N_SPECTRUM = 4096, CHUNK = 700 }; /* 16 MB of flux */

START_TEST(spectra_go_whatever_number_is_taken_at_once)
{
    const int64_t n = (int64_t)N_WAVE * N_SPECTRUM, last = 2 * CHUNK - 1;
    sample s = {0};

    s.spectra.n_wave = N_WAVE;
    s.spectra.flux = sqn__mem_reserve(n, sizeof *s.spectra.flux);
    ck_assert_ptr_nonnull(s.spectra.flux);
    for (int64_t i = 0; i < n; i++) {
        s.spectra.flux[i] = 2.385F;
    }
    sample_forget(&s, CHUNK - 1);
    sample_forget(&s, last);
    ck_assert_float_eq(s.spectra.flux[0], 0.0F); /* pages that are new again */
    ck_assert_float_eq(s.spectra.flux[(int64_t)N_WAVE * (last - CHUNK)], 0.0F);
    for (int64_t i = (last + 1) * N_WAVE; i < n; i++) {
        ck_assert(s.spectra.flux[i] > 2.0F); /* those that are still to be read */
    }
    sample_forget_all(&s);
    ck_assert_ptr_null(s.spectra.flux);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample");
    TCase *tcase = tcase_create("memory");

    tcase_add_test(tcase, spectra_go_whatever_number_is_taken_at_once);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
