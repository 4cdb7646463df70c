// Which of code generation's optional passes run on a function that is to be small.
#ifndef MLGO_PASSGATE_H
#define MLGO_PASSGATE_H

#include "Options.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/Function.h"

namespace mlgo {

/// LLVM asks the context's gate before every pass that it can do without (llvm/IR/OptBisect.h, for
/// `optnone` and for bisection), so that to skip one is always legal. Adds a pass to code
/// generation that decides for each function which of some passes are skipped.
void insertPassGate(llvm::TargetPassConfig &Config);

/// Whether a list of decisions leaves out the order for size in a function, the one at hand.
bool skipsSizeOrder(const llvm::Function &F);

} // namespace mlgo

#endif
