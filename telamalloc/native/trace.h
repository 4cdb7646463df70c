//===- trace.h - The choices along a known plan ------------------*- C++ -*-===//

#ifndef TELAMALLOC_TRACE_H
#define TELAMALLOC_TRACE_H

#include "observer.h"
#include "params.h"

#include <vector>

namespace telamalloc {

/// Options seen by the search on its way to a plan: one row each.
struct Trace {
  std::vector<Features> Rows;
  std::vector<int64_t> Choice; ///< Numbers the section that the option belongs to.
  std::vector<int64_t> Label;  ///< 1: the plan takes this option.
};

/// Follows the plan (by buffer of `I`) bottom up and records every choice with an alternative.
void trace(const Instance &I, int64_t Capacity, const std::vector<int64_t> &Plan, const Params &P,
           Trace &Out);

} // namespace telamalloc

#endif // TELAMALLOC_TRACE_H
