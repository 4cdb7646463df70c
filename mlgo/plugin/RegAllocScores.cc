#include "RegAllocScores.h"
#include "Options.h"
#include "Output.h"
#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

// LLVM exports these, but does not install their header (lib/CodeGen/RegAllocScore.h).
namespace llvm {
class RegAllocScore {
public:
  double Copies, Loads, Stores, CheapRemats, LoadStores, ExpensiveRemats;
  double getScore() const;
};
RegAllocScore calculateRegAllocScore(const MachineFunction &MF,
                                     const MachineBlockFrequencyInfo &MBFI);
RegAllocScore calculateRegAllocScore(const MachineFunction &MF,
                                     function_ref<double(const MachineBasicBlock &)> Frequency,
                                     function_ref<bool(const MachineInstr &)> IsRematerializable);
} // namespace llvm

namespace {

class ScoresPass final : public MachineFunctionPass {
public:
  static char ID;
  ScoresPass() : MachineFunctionPass(ID) {}

private:
  StringRef getPassName() const override { return "Register allocation scores"; }

  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.setPreservesAll();
    AU.addRequired<MachineBlockFrequencyInfoWrapperPass>();
    MachineFunctionPass::getAnalysisUsage(AU);
  }

  bool runOnMachineFunction(MachineFunction &MF) override {
    if (!Stream)
      Stream = mlgo::openOutput(mlgo::RegAllocOptions::read().Scores,
                                MF.getFunction().getParent()->getSourceFileName(), ".jsonl");
    auto &MBFI = getAnalysis<MachineBlockFrequencyInfoWrapperPass>().getMBFI();
    const TargetInstrInfo &TII = *MF.getSubtarget().getInstrInfo();
    json::Object Line = toJSON(calculateRegAllocScore(MF, MBFI));
    Line["function"] = MF.getName();
    auto Count = MF.getFunction().getEntryCount();
    Line["entry_count"] = Count ? json::Value(Count->getCount()) : json::Value(nullptr);
    Line["counts"] = toJSON(calculateRegAllocScore(
        MF, [](const MachineBasicBlock &) { return 1.0; },
        [&](const MachineInstr &MI) { return TII.isTriviallyReMaterializable(MI); }));
    *Stream << json::Value(std::move(Line)) << "\n";
    return false;
  }

  bool doFinalization(Module &) override {
    Stream.reset(); // writes what is buffered
    return false;
  }

  static json::Object toJSON(const RegAllocScore &Score) {
    return json::Object{{"score", Score.getScore()},
                        {"copies", Score.Copies},
                        {"loads", Score.Loads},
                        {"stores", Score.Stores},
                        {"load_stores", Score.LoadStores},
                        {"cheap_remats", Score.CheapRemats},
                        {"expensive_remats", Score.ExpensiveRemats}};
  }

  std::unique_ptr<mlgo::CheckedStream> Stream;
};

char ScoresPass::ID = 0;
RegisterPass<ScoresPass> Registered("mlgo-regalloc-scores-pass", "Register allocation scores");

} // namespace

const void *mlgo::scoresPassID() { return &ScoresPass::ID; }

double mlgo::allocationCost(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
  RegAllocScore S = calculateRegAllocScore(MF, MBFI);
  return 0.7 * S.Copies + 3 * S.Loads + 3 * S.Stores + 5 * S.LoadStores + S.CheapRemats +
         S.ExpensiveRemats;
}
