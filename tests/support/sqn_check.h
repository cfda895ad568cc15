/** @file sqn_check.h @brief What every Sequin unit test needs on top of Check. */
#ifndef SQN_CHECK_H
#define SQN_CHECK_H

#include <check.h>
#include <stdlib.h>

#include "sequin/error.h"

/** Assert that a Sequin call succeeded; on failure print its report. */
#define SQN_ASSERT_OK(call, err)                                                        \
    do {                                                                                \
        const sqn_status sqn_assert_status = (call);                                    \
        ck_assert_msg(sqn_assert_status == SQN_OK, "%s: %s: %s",                        \
                      sqn_error_string(sqn_assert_status), (err).where, (err).message); \
    } while (0)

/** Assert that a Sequin call failed with exactly this id. */
#define SQN_ASSERT_FAILS(call, err, expected)                                             \
    do {                                                                                  \
        const sqn_status sqn_assert_status = (call);                                      \
        ck_assert_int_ne(sqn_assert_status, SQN_OK);                                      \
        ck_assert_msg((err).id == (expected), "%s, not %s: %s", sqn_error_name((err).id), \
                      sqn_error_name(expected), (err).message);                           \
        ck_assert_int_eq(sqn_assert_status, sqn_error_status(expected));                  \
    } while (0)

/** Run one suite and return a process exit status. */
static inline int sqn_check_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
