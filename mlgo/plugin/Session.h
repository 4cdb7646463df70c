// What one optimisation pipeline shares over all its inliner passes: options, counters, outputs.
#ifndef MLGO_SESSION_H
#define MLGO_SESSION_H

#include "Decisions.h"
#include "Explorer.h"
#include "Options.h"
#include "Output.h"
#include "Policy.h"
#include "llvm/Analysis/Utils/TrainingLogger.h"
#include "llvm/IR/PassManager.h"

namespace mlgo {

class Session {
public:
  explicit Session(llvm::ModuleAnalysisManager &MAM) : MAM(MAM), O(Options::read()) {}

  /// To call before the first decision of an inliner pass over \p M.
  void open(llvm::Module &M);

  /// Turns the policy's choice into the decision: applies flips and the list of decisions, and
  /// writes what was asked for.
  Choice decide(Policy &P, llvm::StringRef Caller, llvm::StringRef Callee, bool Default);

  /// Flushes the outputs; stops the compile when they could not be written.
  void close();

  /// Measures this compile in the place of code generation and ends the process, if decisions are
  /// explored; otherwise does nothing.
  void explored(llvm::Module &M, llvm::TargetMachine &TM);

  llvm::ModuleAnalysisManager &MAM;
  const Options O;

private:
  std::unique_ptr<llvm::raw_ostream> output(const std::string &Path, llvm::StringRef Extension);
  void log(Policy &P, Choice C, bool Default);
  void write(Policy &P, const DecisionKey &Key, Choice C, bool Default);
  bool explore(uint64_t Index, llvm::StringRef Callee, bool Inline);

  std::string ModuleName;
  uint64_t Decided = 0;
  DecisionCounter Counter;
  llvm::SmallVector<uint64_t> Flips;
  std::optional<DecisionList> List;
  std::unique_ptr<DecisionRecorder> Recorder;
  std::unique_ptr<llvm::Logger> Trajectory;
  std::vector<CheckedStream *> Streams;
  std::unique_ptr<Explorer> Explore;
};

} // namespace mlgo

#endif
