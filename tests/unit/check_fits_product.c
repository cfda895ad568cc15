/** @file check_fits_product.c @brief Products: what is written is read back, and verifies. */
#include "sequin/fits.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "header.h"
#include "sqn_check.h"

static sqn_error err;

START_TEST(first)
{
    sqn_fits_product *product = NULL;
    const float image[6] = {1.5F, 2.5F, NAN, -3.25F, 1e-20F, 7.0F};
    const void *bytes = NULL;
    size_t size = 0;
    const sqn_fits_image sci = {.extname = "SCI", .type = SQN_FITS_FLOAT32, .n_axis = 2,
        .axes = {3, 2}, .data = image, .exponent = 3, .unit = "Jy"};
    SQN_ASSERT_OK(sqn_fits_product_create(&product, NULL, NULL, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &sci, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    FILE *f = fopen("a.fits", "wb");
    fwrite(bytes, 1, size, f);
    fclose(f);
    sqn_fits_product_destroy(&product);
    ck_assert_int_eq(system("fitsverify a.fits"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_product");
    TCase *tcase = tcase_create("product");

    tcase_add_test(tcase, first);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
