/**
 * @file sqn_wrap.h
 * @brief Fail one allocation: include once in a test registered with WRAP_ALLOC.
 *
 * Only the n-th fails, so that a missing check is not hidden behind the next one.
 */
#ifndef SQN_WRAP_H
#define SQN_WRAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

static _Atomic int64_t sqn_allocations_before_failure =
    INT64_MAX; /* threads allocate, too */

/* NOLINTBEGIN(readability-identifier-naming): ld --wrap dictates these names. */
void *__real_sqn__mem_alloc(int64_t count, size_t size);
void *__wrap_sqn__mem_alloc(int64_t count, size_t size);

void *__wrap_sqn__mem_alloc(int64_t count, size_t size)
{
    return sqn_allocations_before_failure-- == 0 ? NULL
                                                 : __real_sqn__mem_alloc(count, size);
}
void *__real_sqn__mem_reserve(int64_t count, size_t size);
void *__wrap_sqn__mem_reserve(int64_t count, size_t size);

void *__wrap_sqn__mem_reserve(int64_t count, size_t size)
{
    return sqn_allocations_before_failure-- == 0 ? NULL
                                                 : __real_sqn__mem_reserve(count, size);
}
/* NOLINTEND(readability-identifier-naming) */

#endif
