// Lists of decisions: what to override, and what to write down for a later replay.
#ifndef MLGO_DECISIONS_H
#define MLGO_DECISIONS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlgo {

/// Names a decision in a way that survives changes of other decisions: the Ordinal-th time that
/// this compile asks about a call from Caller to Callee.
struct DecisionKey {
  llvm::StringRef Caller, Callee;
  unsigned Ordinal;
};

/// Counts the ordinals.
class DecisionCounter {
public:
  DecisionKey next(llvm::StringRef Caller, llvm::StringRef Callee);

private:
  llvm::StringMap<unsigned> Asked;
};

/// A file of decisions: "mlgo-decisions-1", then tab-separated lines
///     module  NAME
///     inline|keep|flip  CALLER  CALLEE  ORDINAL  [LOGIT]
///     skip  FUNCTION  PART[,PART...]|-
/// The last says what code generation leaves out for a function, and that it is all (PassGate.h).
/// Lines before the first `module` line hold for every module. '#' begins a comment.
class DecisionList {
public:
  /// Reads the lines for \p Module; stops the compile when the file is malformed.
  static DecisionList read(llvm::StringRef Path, llvm::StringRef Module);

  /// The listed decision, given what the policy would do.
  std::optional<bool> lookup(const DecisionKey &Key, bool Policy) const;

  /// The listed names of what to leave out; null where the policy decides.
  const std::vector<std::string> *skipped(llvm::StringRef Function) const;

private:
  enum class Verb { Inline, Keep, Flip };
  llvm::StringMap<Verb> Verbs;
  llvm::StringMap<std::vector<std::string>> Skips;
};

/// Writes such a file.
class DecisionRecorder {
public:
  DecisionRecorder(std::unique_ptr<llvm::raw_ostream> OS, llvm::StringRef Module);
  void write(const DecisionKey &Key, bool Inline, float Logit);

private:
  std::unique_ptr<llvm::raw_ostream> OS;
};

} // namespace mlgo

#endif
