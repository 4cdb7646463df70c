// The one way in which the plugin gives up: a message that names the plugin, and no object file.
#ifndef MLGO_ERROR_H
#define MLGO_ERROR_H

#include "llvm/ADT/Twine.h"

namespace mlgo {

/// Stops the compile with exit code 1 and removes the compiler's unfinished files.
[[noreturn]] void fatal(const llvm::Twine &Message, const llvm::Twine &Hint = {});

} // namespace mlgo

#endif
