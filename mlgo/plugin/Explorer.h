// Many alternatives of one compile, for far less than one compile each.
//
// At a decision to explore the process forks. The child goes on with the policy's decision; the
// parent waits for it, then takes the other decision and goes on itself: for this call alone, or
// for all calls of the callee from here on, because a function goes only with its last call. So the
// policy's own compile (the main line) ends first, and each alternative shares with it all that
// happened before its decision. An alternative generates code only for the functions that no
// compile before it had in the same form.
#ifndef MLGO_EXPLORER_H
#define MLGO_EXPLORER_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <optional>
#include <string>

namespace mlgo {

class Explorer {
public:
  /// Explores the decisions \p Calls each alone, and \p Callees with all later ones on the same
  /// callee. Appends a line of JSON for the main line and for each alternative to the file
  /// \p Output:
  ///     {"flip": INDEX or -1, "callee": WHETHER ALL ITS CALLS, "sizes": {FUNCTION: BYTES, ...}}
  /// Functions of local linkage are written as "static NAME".
  /// An alternative names only the functions whose size differs from the main line's; 0 is gone.
  Explorer(llvm::SmallVector<uint64_t> Calls, llvm::SmallVector<uint64_t> Callees,
           std::string Output);

  /// Whether this decision is to be explored. What is buffered must be flushed before decide().
  bool explores(uint64_t Index) const;

  /// Forks as often as the decision is to be explored, and returns this process's decision.
  bool decide(uint64_t Index, llvm::StringRef Callee, bool Inline);

  bool isAlternative() const { return Flip >= 0; }

  /// Generates code in memory, writes the line of this process, and ends the process.
  [[noreturn]] void measure(llvm::Module &M, llvm::TargetMachine &TM);

private:
  class Table; // in memory that all processes of the compile share

  bool branch(uint64_t Index);
  void write(const llvm::StringMap<uint64_t> &Sizes);

  const llvm::SmallVector<uint64_t> Calls, Callees;
  const std::string Output;
  Table *const Shared;
  int64_t Flip = -1;
  std::optional<std::string> FlippedCallee;
};

} // namespace mlgo

#endif
