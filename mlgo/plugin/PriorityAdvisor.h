// The priority advisor that LLVM 22's greedy allocator asks: in which order to allocate.
#ifndef MLGO_PRIORITYADVISOR_H
#define MLGO_PRIORITYADVISOR_H

#include "Options.h"
#include "llvm/CodeGen/RegAllocPriorityAdvisor.h"

namespace mlgo {

/// A pass to add to a code generation pipeline before LLVM adds its own of the same name. Any order
/// is legal.
llvm::ImmutablePass *createPriorityAnalysis(const RegAllocOptions &O);

} // namespace mlgo

#endif
