/** @file machine.c @brief Multiply-adds and memory, on one thread or several together. */
#include "machine.h"

#include <stdint.h>

#include "mem.h"
#include "raise.h"
#include "sample.h"

const machine_peak *machine_best(void)
{
    int n = 0;
    const machine_peak *all = machine_peaks(&n);

    while (n > 1 && !all[n - 1].present()) {
        n--;
    }
    return all + n - 1;
}

double machine_speed(const machine_peak *peak, int threads)
{
    const long rounds = 8000000; /* some ten milliseconds */
    float sum = 0.0F;
    const double start = sample_clock();

#pragma omp parallel num_threads(threads) default(none) shared(peak, rounds) \
    reduction(+ : sum)
    sum += peak->spin(rounds);
    const double took = sample_clock() - start;

    return sum > 0.0F ? 1e-9 * peak->flop_per_round * (double)rounds * threads / took : 0.0;
}

sqn_status machine_memory_init(machine_memory *memory, long size, sqn_error *err)
{
    const long whole = size / 64 * 64;

    memory->bytes = sqn__mem_alloc(whole, 1);
    memory->size = whole;
    if (memory->bytes == NULL) {
        return SQN_RAISE(err, E_MEM, "%ld bytes to read", size);
    }
    for (long i = 0; i < whole; i++) {
        memory->bytes[i] = (unsigned char)(i * 7);
    }
    return SQN_OK;
}

/* Sums of integers: a compiler may put them into lanes. */
static uint64_t read_part(const uint64_t *words, long n)
{
    uint64_t sum[16] = {0};

    for (long i = 0; i + 16 <= n; i += 16) {
        for (int lane = 0; lane < 16; lane++) {
            sum[lane] += words[i + lane];
        }
    }
    for (int lane = 1; lane < 16; lane++) {
        sum[0] += sum[lane];
    }
    return sum[0];
}

double machine_bandwidth(const machine_memory *memory, int threads)
{
    const long part = memory->size / 64 / threads * 8; /* in words */
    const long rounds = 1 + (256L << 20) / memory->size;
    const uint64_t *words = (const void *)memory->bytes;
    uint64_t sum = 0;
    const double start = sample_clock();

#pragma omp parallel for num_threads(threads) default(none) \
    shared(words, part, threads, rounds) reduction(+ : sum) schedule(static)
    for (int t = 0; t < threads; t++) {
        for (long r = 0; r < rounds; r++) {
            sum += read_part(words + t * part, part);
        }
    }
    const double took = sample_clock() - start;
    const double bytes = 8.0 * (double)part * (double)threads * (double)rounds;

    return sum > 0 ? 1e-9 * bytes / took : 0.0;
}

void machine_memory_clear(machine_memory *memory)
{
    sqn__mem_free(memory->bytes);
    *memory = (machine_memory){NULL, 0};
}
