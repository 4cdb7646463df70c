// What the order of allocation is learned from: a live range, in numbers.
#ifndef MLGO_LIVERANGE_H
#define MLGO_LIVERANGE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Analysis/TensorSpec.h"
#include "llvm/CodeGen/LiveInterval.h"
#include "llvm/CodeGen/LiveIntervals.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"
#include <vector>

namespace mlgo {

// clang-format off
#define MLGO_RANGE_FEATURES(M)                                                                     \
  M(li_size)       /* slot indices that it covers, as LLVM's ML priority advisor has it */         \
  M(use_frequency) /* about how often it is read or written, from its spill weight */              \
  M(uses)          /* operands */                                                                  \
  M(is_local)      /* within one block */                                                          \
  M(has_hint)      /* a copy would go if it got a certain register */                              \
  M(is_spillable)
// clang-format on

/// Their specifications: all float of shape {1}.
const std::vector<llvm::TensorSpec> &rangeFeatures();

/// Computes them in that order. \p Priority is LLVM's own, which tells whether there is a hint.
void describeRange(const llvm::LiveInterval &Range, unsigned Priority,
                   const llvm::LiveIntervals &LIS, const llvm::MachineRegisterInfo &MRI,
                   llvm::MutableArrayRef<float> Values);

/// About what is lost when a range is spilled: its weight, which is by size, times that; 0 for one
/// that cannot be spilled.
float useFrequency(const llvm::LiveInterval &Range);

} // namespace mlgo

#endif
