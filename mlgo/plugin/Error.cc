#include "Error.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

// Not report_fatal_error: clang adds a request for a bug report and a stack trace to it.
void mlgo::fatal(const llvm::Twine &Message, const llvm::Twine &Hint) {
  llvm::errs() << "error: mlgo: " << Message << "\n";
  if (!Hint.isTriviallyEmpty())
    llvm::errs() << "hint: " << Hint << "\n";
  llvm::sys::RunInterruptHandlers(); // removes the compiler's unfinished files
  std::_Exit(1);
}
