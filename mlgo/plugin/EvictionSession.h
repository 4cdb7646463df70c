// What register allocation shares over the functions of one module: policy, counters, outputs.
#ifndef MLGO_EVICTIONSESSION_H
#define MLGO_EVICTIONSESSION_H

#include "AllocationTrials.h"
#include "EvictionPolicy.h"
#include "Output.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Analysis/Utils/TrainingLogger.h"
#include <optional>

namespace mlgo {

/// Choices that override the policy's: "mlgo-choices-1", then tab-separated lines
///     FUNCTION  INDEX  SLOT
/// INDEX counts the questions in the function. '#' begins a comment.
class ChoiceList {
public:
  /// Stops the compile when the file is malformed.
  static ChoiceList read(llvm::StringRef Path);

  std::optional<size_t> lookup(llvm::StringRef Function, unsigned Index) const;

private:
  llvm::StringMap<llvm::DenseMap<unsigned, size_t>> Slots;
};

class EvictionSession {
public:
  EvictionSession(const RegAllocOptions &O, llvm::StringRef ModuleName,
                  const std::vector<llvm::TensorSpec> &Compiler, CurrentTrials Trials);
  ~EvictionSession();

  /// Questions from here on are about this function, of which so many allocations may be tried. For
  /// \p Clear see AllocationTrials.
  void enter(llvm::StringRef Function, double Trials, std::function<void()> Clear);

  /// To call before each question, when the channel is empty: whether there is anything to decide,
  /// or LLVM's own choices stand. For \p Stake see AllocationTrials::next().
  bool begin(float Stake);

  /// Returns the slot for the question with these raw \p Features. \p Default is what LLVM's
  /// default advisor takes; nothing when that is not legal as LLVM's ML advisor sees it: then it
  /// stands.
  std::optional<size_t> decide(llvm::StringRef Features, size_t Default);

  size_t width() const { return Policy->width(); }

  /// Whether the default's own choice also goes the whole way through LLVM's ML advisor.
  bool isControl() const { return Options.Policy == PolicyKind::Default; }

private:
  void log(size_t Default, size_t Chosen);

  const RegAllocOptions Options;
  const std::string ModuleName;
  const std::unique_ptr<EvictionPolicy> Policy;
  std::optional<ChoiceList> Choices;
  std::unique_ptr<llvm::Logger> Trajectory;
  const CurrentTrials Trials;
  std::string Function;
  uint64_t Asked = 0;           // in the module
  unsigned AskedInFunction = 0; // in the function
};

} // namespace mlgo

#endif
