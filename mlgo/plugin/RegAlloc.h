// Puts policies where LLVM's greedy register allocator asks for advice.
#ifndef MLGO_REGALLOC_H
#define MLGO_REGALLOC_H

namespace mlgo {

/// Takes part in every code generation from here on, as the options say when it begins.
void registerRegAlloc();

/// To call when the options are known: stops the compile when they ask for what this release of
/// LLVM does not have.
void checkRegAlloc();

} // namespace mlgo

#endif
