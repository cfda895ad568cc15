/** @file consumer.c @brief What a user of the installed library writes. */
#include <sequin/sequin.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const sqn_pixels_region region = {2.0, 2.0, 0.0, 1.0, NULL};
    sqn_error err;
    sqn_pixels pixels;

    if (sqn_pixels_init(&pixels, 3, 3, &region, &err) != SQN_OK || pixels.n_pix != 5) {
        return 1;
    }
    sqn_pixels_clear(&pixels);
    return printf("%s\n", sqn_version()) > 0 ? 0 : 1;
}
