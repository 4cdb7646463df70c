// What the choice of code generation passes is learned from: a function, in numbers.
#ifndef MLGO_FUNCTIONFEATURES_H
#define MLGO_FUNCTIONFEATURES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Function.h"

namespace mlgo {

// clang-format off
#define MLGO_FUNCTION_FEATURES(M)                                                                  \
  M(instructions)                                                                                  \
  M(blocks)                                                                                        \
  M(arguments)                                                                                     \
  M(loops)                                                                                         \
  M(innermost_loops)                                                                               \
  M(loop_depth)         /* of the deepest */                                                       \
  M(loop_instructions)  /* in any loop */                                                          \
  M(loop_phis)          /* of headers */                                                           \
  M(loop_pointer_phis)                                                                             \
  M(loads)                                                                                         \
  M(stores)                                                                                        \
  M(calls)              /* without intrinsics */                                                   \
  M(intrinsics)                                                                                    \
  M(phis)                                                                                          \
  M(addresses)          /* getelementptr */                                                        \
  M(variable_addresses) /* with an index that is no constant */                                    \
  M(branches)           /* conditional ones */                                                     \
  M(switches)                                                                                      \
  M(compares)                                                                                      \
  M(casts)                                                                                         \
  M(multiplications)    /* and divisions */                                                        \
  M(selects)                                                                                       \
  M(locals)             /* allocas */                                                              \
  M(floats)             /* instructions of such a type */                                          \
  M(constants)          /* integers that take more than a byte */                                  \
  M(returns)
// clang-format on

/// Their names.
llvm::ArrayRef<llvm::StringRef> functionFeatures();

/// Computes them in that order.
void describeFunction(const llvm::Function &F, const llvm::LoopInfo &Loops,
                      llvm::MutableArrayRef<float> Values);

} // namespace mlgo

#endif
