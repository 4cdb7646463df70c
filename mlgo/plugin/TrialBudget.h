// How many allocations of each function may be tried.
#ifndef MLGO_TRIALBUDGET_H
#define MLGO_TRIALBUDGET_H

#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/IR/Module.h"
#include <optional>

namespace mlgo {

/// Shares a program's trials among its functions by the profile's counts: where the program spends
/// its time, trials are worth theirs. Nothing is tried without a profile. No clock is read: the
/// same input gets the same trials on every machine.
///
/// Programs are compiled file by file, and each file knows the summary of the whole profile. So
/// none needs to know of the others, neither what is hot in them nor how long they take.
class TrialBudget {
public:
  /// \p Trials are a whole program's; nothing: a small part of the work of compiling the program,
  /// and not too large a part of compiling \p M. \p Fewest for a function are of use.
  TrialBudget(const llvm::Module &M, std::optional<unsigned> Trials, unsigned Fewest);

  /// How many allocations of the function may be tried; 0 where they are too few to matter.
  double allot(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI);

private:
  const std::optional<unsigned> Trials;
  const unsigned Fewest;
  double TotalCount = 0;  // of the profile; 0 without
  double ProgramWork = 0; // all of the program's, in machine instructions allocated
  double ModuleWork = 0;  // what is left of this module's
};

} // namespace mlgo

#endif
