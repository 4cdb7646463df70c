//===- swaps.h - What may take the place of what -----------------*- C++ -*-===//

#ifndef TELAMALLOC_SWAPS_H
#define TELAMALLOC_SWAPS_H

#include <cstdint>
#include <vector>

namespace telamalloc {

/// Of the buffers that end at a step and those that start there: a group of each, as large
/// as the other, that has no equal parts. Bits are positions in the lists.
struct Swap {
  uint64_t Ended, Started;
};

/// All swaps of a step in which one of the groups is small, up to a limit, in which those with
/// few buffers come first.
std::vector<Swap> listSwaps(const std::vector<int64_t> &Ended, const std::vector<int64_t> &Started);

} // namespace telamalloc

#endif // TELAMALLOC_SWAPS_H
