// The priority advisor that LLVM 22's greedy allocator asks: in which order to allocate.
#ifndef MLGO_PRIORITYADVISOR_H
#define MLGO_PRIORITYADVISOR_H

#include "AllocationTrials.h"
#include "Options.h"
#include "llvm/CodeGen/RegAllocPriorityAdvisor.h"

namespace mlgo {

/// A pass to add to a code generation pipeline before LLVM adds its own of the same name. Any order
/// is legal. Functions that are to be small get the order for size, on x86-64, whose code it was
/// learned from; a trial of both would take longer than it saves. For the others, where allocations
/// are tried, the policy's order is one of them, and LLVM's stands where that does not save enough
/// (AllocationTrials.cc), and where nothing is tried.
llvm::ImmutablePass *createPriorityAnalysis(const RegAllocOptions &O, CurrentTrials Trials);

} // namespace mlgo

#endif
