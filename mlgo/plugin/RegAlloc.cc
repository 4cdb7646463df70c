#include "RegAlloc.h"
#include "AllocationTrials.h"
#include "EvictionAdvisor.h"
#include "Options.h"
#include "PassGate.h"
#include "PriorityAdvisor.h"
#include "RegAllocScores.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Target/RegisterTargetPassConfigCallback.h"

// Data that earlier releases lack: weak, so that the release check (Release.cc) can speak.
__asm__(".weak _ZN4llvm32RegisterTargetPassConfigCallbackD1Ev");

using namespace llvm;

static void configure(TargetMachine &TM, PassManagerBase &PM, TargetPassConfig *Config) {
  if (TM.getOptLevel() == CodeGenOptLevel::None)
    return; // another allocator
  // What passes and registers are worth in bytes was learned of this architecture's code; on others
  // the order makes it larger.
  const bool KnowsBytes = TM.getTargetTriple().getArch() == Triple::x86_64;
  if (KnowsBytes && mlgo::PassOptions::read().decides())
    mlgo::insertPassGate(*Config);
  auto O = mlgo::RegAllocOptions::read();
  O.OrdersForSize &= KnowsBytes;
  auto Trials = std::make_shared<std::unique_ptr<mlgo::AllocationTrials>>();
  if (O.Policy != mlgo::PolicyKind::Off)
    PM.add(mlgo::createEvictionAnalysis(O, Trials));
  if (O.Priority != mlgo::PolicyKind::Off || O.OrdersForSize)
    PM.add(mlgo::createPriorityAnalysis(O, Trials));
  if (O.tries())
    Config->insertPass(&VirtRegRewriterID, mlgo::AllocationTrials::endPassID());
  if (!O.Scores.empty())
    Config->insertPass(&VirtRegRewriterID, mlgo::scoresPassID());
}

void mlgo::registerRegAlloc() { static RegisterTargetPassConfigCallback Callback(configure); }
void mlgo::checkRegAlloc() {}
