/** @file oserror.c @brief What the system refuses in the output directory, as our error. */
#include "oserror.h"

#include <errno.h>
#include <string.h>

#include "raise.h"

sqn_status oserror_raise(sqn_error *err, const char *path, const char *what)
{
    const int code = errno;
    const char *text = strerror(code);
    sqn_status status = SQN_OK;

    if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
        status = SQN_RAISE(err, E_OUT_NOSPACE, "%s: %s", what, text);
    } else if (code == EACCES || code == EPERM || code == EROFS) {
        status = SQN_RAISE(err, E_OUT_PERM, "%s: %s", what, text);
    } else if (code == EEXIST || code == ENOTDIR || code == ENOENT ||
               code == ENAMETOOLONG) {
        status = SQN_RAISE(err, E_OUT_CREATE, "%s: %s", what, text);
    } else {
        status = SQN_RAISE(err, E_IO, "%s: %s", what, text);
    }
    sqn__error_at(err, path, -1, NULL);
    return status;
}
