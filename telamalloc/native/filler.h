//===- filler.h - Free memory as buffers of nobody ---------------*- C++ -*-===//

#ifndef TELAMALLOC_FILLER_H
#define TELAMALLOC_FILLER_H

#include "packing.h"
#include "random.h"

#include <vector>

namespace telamalloc {

/// Solids that fill, together with those given, a capacity at all times from the first start
/// to the last end. A plan of all is a plan of the given ones, but not of every plan's holes
/// can such solids be made: where memory is needed again, one or a few fillers that are just as
/// large together end, if there are such. Besides, each may end and begin anew at any time.
/// \param Moving how likely.
std::vector<Solid> fillersOf(const std::vector<Solid> &Solids, int64_t Capacity, double Moving,
                             Random &Rng);

} // namespace telamalloc

#endif // TELAMALLOC_FILLER_H
