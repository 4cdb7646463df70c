//===- packing.h - Fast plans without search ---------------------*- C++ -*-===//

#ifndef TELAMALLOC_PACKING_H
#define TELAMALLOC_PACKING_H

#include "instance.h"

#include <vector>

namespace telamalloc {

/// Places buffers in the given order, each at its lowest free offset.
/// Returns the peak; deadlines of regions are not looked at.
int64_t firstFit(const Instance &I, const std::vector<int> &Order, std::vector<int64_t> &Offsets);

/// Tries several orders and keeps the plan with the lowest peak.
int64_t bestOfOrders(const Instance &I, int64_t GoodEnough, std::vector<int64_t> &Offsets);

} // namespace telamalloc

#endif // TELAMALLOC_PACKING_H
