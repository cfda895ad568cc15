/** @file kernels_double_base.c @brief Vectors of two: every x86-64 and every 64-bit Arm. */
#define SQN__TILE_LANES 2
#define SQN__TILE_ROWS  6
#define SQN__TILE_CASES TILE_CASE_6
#include "kernels_double_tile.h"

const sqn__kernels_double sqn__kernels_double_base_table = SQN__TILE_TABLE("base");
