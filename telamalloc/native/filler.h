//===- filler.h - Free memory as buffers of nobody ---------------*- C++ -*-===//

#ifndef TELAMALLOC_FILLER_H
#define TELAMALLOC_FILLER_H

#include "packing.h"
#include "random.h"

#include <vector>

namespace telamalloc {

/// Solids that fill, together with those given, a capacity at all times from the first start
/// to the last end. A plan of all is a plan of the given ones, but not of every plan's holes
/// can such solids be made: which of those that are open ends is drawn, if none or several
/// are just as large as the memory that is needed again.
std::vector<Solid> fillersOf(const std::vector<Solid> &Solids, int64_t Capacity, Random &Rng);

} // namespace telamalloc

#endif // TELAMALLOC_FILLER_H
