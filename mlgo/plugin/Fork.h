// Children of the compiler that live no longer than it.
#ifndef MLGO_FORK_H
#define MLGO_FORK_H

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlgo {

enum class Forked { Child, Parent, Failed };

/// Forks, and waits in the parent until the child has ended. The child is killed with its parent;
/// signals reach it when it has called \p Prepare.
Forked forkAndWait(llvm::function_ref<void()> Prepare);

} // namespace mlgo

#endif
