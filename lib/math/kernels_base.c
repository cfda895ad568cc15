/** @file kernels_base.c @brief Vectors of four: what every x86-64 and every 64-bit Arm has. */
#define SQN__TILE_LANES 4
#define SQN__TILE_ROWS  6
#define SQN__TILE_CASES TILE_CASE_6
#define SQN__TILE_FUSED 2
#define SQN__TILE_FRONT 0, 4, 1, 5
#define SQN__TILE_BACK  2, 6, 3, 7
#include "kernels_tile.h"

const sqn__kernels sqn__kernels_base_table = SQN__TILE_TABLE("base");
