// The eviction advisor that LLVM 22's greedy allocator asks.
#ifndef MLGO_EVICTIONADVISOR_H
#define MLGO_EVICTIONADVISOR_H

#include "AllocationTrials.h"
#include "Options.h"
#include "llvm/CodeGen/RegAllocEvictionAdvisor.h"

namespace mlgo {

/// A pass to add to a code generation pipeline before LLVM adds its own of the same name. LLVM's ML
/// advisor computes the features and keeps the evictions legal; the policy decides.
llvm::ImmutablePass *createEvictionAnalysis(const RegAllocOptions &O, CurrentTrials Trials);

} // namespace mlgo

#endif
