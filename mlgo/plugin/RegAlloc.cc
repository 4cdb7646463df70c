#include "RegAlloc.h"
#include "Error.h"
#include "Options.h"
#include "llvm/Config/llvm-config.h"

#if LLVM_VERSION_MAJOR >= 22
#include "EvictionAdvisor.h"
#include "PriorityAdvisor.h"
#include "RegAllocScores.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Target/RegisterTargetPassConfigCallback.h"

using namespace llvm;

static void configure(TargetMachine &TM, PassManagerBase &PM, TargetPassConfig *Config) {
  if (TM.getOptLevel() == CodeGenOptLevel::None)
    return; // another allocator
  const auto O = mlgo::RegAllocOptions::read();
  if (O.Policy != mlgo::PolicyKind::Off)
    PM.add(mlgo::createEvictionAnalysis(O));
  if (O.Priority != mlgo::PolicyKind::Off)
    PM.add(mlgo::createPriorityAnalysis(O));
  if (!O.Scores.empty())
    Config->insertPass(&VirtRegRewriterID, mlgo::scoresPassID());
}

void mlgo::registerRegAlloc() { static RegisterTargetPassConfigCallback Callback(configure); }
void mlgo::checkRegAlloc() {}
#else
// No way for a plugin to take part in code generation.
void mlgo::registerRegAlloc() {}

void mlgo::checkRegAlloc() {
  const auto O = RegAllocOptions::read();
  if (O.Policy != PolicyKind::Off || O.Priority != PolicyKind::Off || !O.Scores.empty())
    fatal("LLVM " LLVM_VERSION_STRING " has no hook for register allocation, LLVM 22 has",
          "-mlgo-regalloc=off (or MLGO_REGALLOC=off) leaves the allocator alone");
}
#endif
