/** @file machine_peak.c @brief Multiply-adds without memory: the roof of every kernel. */
#include "machine.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Twelve chains: enough for two units of latency four, with room. */
enum { N_CHAIN = 12 };

static bool has_sse2(void)
{
    return true;
}

static float spin_sse2(long rounds)
{
    const __m128 a = _mm_set1_ps(0.999F), b = _mm_set1_ps(0.001F);
    __m128 sum[N_CHAIN];
    float out[4];

    for (int i = 0; i < N_CHAIN; i++) {
        sum[i] = _mm_set1_ps((float)i);
    }
    for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < N_CHAIN; i++) {
            sum[i] = _mm_add_ps(_mm_mul_ps(sum[i], a), b);
        }
    }
    for (int i = 1; i < N_CHAIN; i++) {
        sum[0] = _mm_add_ps(sum[0], sum[i]);
    }
    _mm_storeu_ps(out, sum[0]);
    return out[0];
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

__attribute__((target("avx2,fma"))) static float spin_avx2(long rounds)
{
    const __m256 a = _mm256_set1_ps(0.999F), b = _mm256_set1_ps(0.001F);
    __m256 sum[N_CHAIN];
    float out[8];

    for (int i = 0; i < N_CHAIN; i++) {
        sum[i] = _mm256_set1_ps((float)i);
    }
    for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < N_CHAIN; i++) {
            sum[i] = _mm256_fmadd_ps(sum[i], a, b);
        }
    }
    for (int i = 1; i < N_CHAIN; i++) {
        sum[0] = _mm256_add_ps(sum[0], sum[i]);
    }
    _mm256_storeu_ps(out, sum[0]);
    return out[0];
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

__attribute__((target("avx512f"))) static float spin_avx512(long rounds)
{
    const __m512 a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(0.001F);
    __m512 sum[N_CHAIN];
    float out[16];

    for (int i = 0; i < N_CHAIN; i++) {
        sum[i] = _mm512_set1_ps((float)i);
    }
    for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < N_CHAIN; i++) {
            sum[i] = _mm512_fmadd_ps(sum[i], a, b);
        }
    }
    for (int i = 1; i < N_CHAIN; i++) {
        sum[0] = _mm512_add_ps(sum[0], sum[i]);
    }
    _mm512_storeu_ps(out, sum[0]);
    return out[0];
}

static const machine_peak peaks[] = {
    {"sse2", has_sse2, spin_sse2, 2.0 * 4 * N_CHAIN},
    {"avx2", has_avx2, spin_avx2, 2.0 * 8 * N_CHAIN},
    {"avx512", has_avx512, spin_avx512, 2.0 * 16 * N_CHAIN},
};

#else

enum { N_CHAIN = 48 }; /* independent sums, for the compiler to put into lanes */

static bool has_portable(void)
{
    return true;
}

static float spin_portable(long rounds)
{
    float sum[N_CHAIN];

    for (int i = 0; i < N_CHAIN; i++) {
        sum[i] = (float)i;
    }
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < N_CHAIN; i++) {
            sum[i] = sum[i] * 0.999F + 0.001F;
        }
    }
    for (int i = 1; i < N_CHAIN; i++) {
        sum[0] += sum[i];
    }
    return sum[0];
}

static const machine_peak peaks[] = {
    {"portable", has_portable, spin_portable, 2.0 * N_CHAIN}};

#endif

const machine_peak *machine_peaks(int *n)
{
    *n = (int)(sizeof peaks / sizeof peaks[0]);
    return peaks;
}
