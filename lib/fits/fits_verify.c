/** @file fits_verify.c @brief A finished file opened again and checked. */
#include <fitsio.h>

#include "fits_product.h"
#include "raise.h"

enum { BLOCK = 2880 };

/* Both checksums of the current HDU. */
static sqn_status check_sums(fitsfile *file, int hdu, sqn_error *err)
{
    int code = 0, data = 0, whole = 0;

    fits_verify_chksum(file, &data, &whole, &code);
    if (code != 0 || data != 1 || whole != 1) {
        return SQN_RAISE(err, E_OUT_VERIFY, "HDU %d: checksum %s, data checksum %s", hdu,
                         whole == 1 ? "right" : "wrong", data == 1 ? "right" : "wrong");
    }
    return SQN_OK;
}

/* All HDUs one after the other, without a gap, `n_hdu` of them, to the end of the file. */
static sqn_status check_hdus(fitsfile *file, size_t size, int n_hdu, sqn_error *err)
{
    LONGLONG header = 0, data = 0, end = 0, last_end = 0;
    int code = 0, n = 0;
    sqn_status status = SQN_OK;

    while (code == 0 && status == SQN_OK) {
        fits_get_hduaddrll(file, &header, &data, &end, &code);
        if (code != 0 || header != last_end) {
            return SQN_RAISE(err, E_OUT_VERIFY, "HDU %d begins at byte %lld, not at %lld",
                             n, header, last_end);
        }
        last_end = end;
        status = check_sums(file, n, err);
        n++;
        fits_movrel_hdu(file, 1, NULL, &code);
    }
    if (status == SQN_OK &&
        (code != END_OF_FILE || n != n_hdu || (size_t)last_end != size)) {
        return SQN_RAISE(err, E_OUT_VERIFY,
                         "%d HDUs in %lld bytes (status %d), not %d in %zu", n, last_end,
                         code, n_hdu, size);
    }
    return status;
}

sqn_status sqn__fits_verify_file(void *bytes, size_t size, int n_hdu, sqn_error *err)
{
    fitsfile *file = NULL;
    int code = 0, ignored = 0;
    sqn_status status = SQN_OK;

    if (size == 0 || size % BLOCK != 0) {
        return SQN_RAISE(err, E_OUT_VERIFY, "%zu bytes are not a multiple of %d", size,
                         BLOCK);
    }
    if (fits_open_memfile(&file, "product", READONLY, &bytes, &size, 0, NULL, &code) != 0) {
        fits_clear_errmsg();
        return SQN_RAISE(err, E_OUT_VERIFY, "CFITSIO status %d on opening", code);
    }
    status = check_hdus(file, size, n_hdu, err);
    fits_close_file(file, &ignored);
    fits_clear_errmsg();
    return status;
}
