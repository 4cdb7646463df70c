#include "TrialBudget.h"
#include "llvm/IR/ProfileSummary.h"

using namespace llvm;

namespace {

// In about the time that takes allocating one machine instruction: of a process; and what trials
// may take for each counter of the profile and each IR instruction of the module, which is a few
// per cent of compiling the program and at most a fifth of compiling the module
// (docs/regalloc-evaluation.md has what was measured).
constexpr double Process = 300, PerCounter = 2.7, PerInstruction = 2.2;

/// Allocating large functions takes more than their share.
double price(const MachineFunction &MF) {
  double Size = MF.getInstructionCount();
  return Process + Size * (1 + Size / 10'000);
}

} // namespace

namespace mlgo {

TrialBudget::TrialBudget(const Module &M, std::optional<unsigned> Trials, unsigned Fewest)
    : Trials(Trials), Fewest(Fewest) {
  Metadata *Summary = M.getProfileSummary(/*IsCS=*/false);
  std::unique_ptr<ProfileSummary> Profile(Summary ? ProfileSummary::getFromMD(Summary) : nullptr);
  if (!Profile)
    return;
  TotalCount = static_cast<double>(Profile->getTotalCount());
  ProgramWork = PerCounter * Profile->getNumCounts();
  ModuleWork = PerInstruction * M.getInstructionCount();
}

double TrialBudget::allot(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
  if (!TotalCount || !MF.getFunction().getEntryCount())
    return 0;
  double Counted = 0;
  for (const MachineBasicBlock &Block : MF)
    Counted += static_cast<double>(MBFI.getBlockProfileCount(&Block).value_or(0));
  double Share = std::min(1.0, Counted / TotalCount), Price = price(MF);
  double Count = Trials ? Share * *Trials : std::min(Share * ProgramWork, ModuleWork) / Price;
  if (Count < Fewest)
    return 0;
  ModuleWork -= Count * Price;
  return Count;
}

} // namespace mlgo
