/** @file machine.h @brief What the processor and its memory can do, measured. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>

#include "sequin/error.h"

/** A loop of float32 multiply-adds in registers. */
typedef struct machine_peak {
    const char *name; /**< Instruction set. */
    bool (*present)(void);
    float (*spin)(long rounds); /**< Returns something that depends on all of them. */
    double flop_per_round;
} machine_peak;

/** Instruction sets, the widest last; `*n` of them. */
const machine_peak *machine_peaks(int *n);

/** The widest one that this processor has. */
const machine_peak *machine_best(void);

/** Multiply-adds as GF/s (two operations each) of `threads` threads together. */
double machine_speed(const machine_peak *peak, int threads);

/** A buffer that is read over and over. */
typedef struct machine_memory {
    unsigned char *bytes;
    long size;
} machine_memory;

/** @retval SQN_ERR_MEMORY  `size` bytes, touched. */
SQN_NODISCARD sqn_status machine_memory_init(machine_memory *memory, long size,
                                             sqn_error *err);

/** GB/s at which `threads` threads read the buffer, one part each. */
double machine_bandwidth(const machine_memory *memory, int threads);

void machine_memory_clear(machine_memory *memory);

#endif
