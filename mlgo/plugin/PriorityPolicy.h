// A policy of the order of allocation: what it makes of LLVM's own priority for a live range.
#ifndef MLGO_PRIORITYPOLICY_H
#define MLGO_PRIORITYPOLICY_H

#include "Options.h"
#include "llvm/ADT/ArrayRef.h"
#include <memory>

namespace mlgo {

class PriorityPolicy {
public:
  /// Stops the compile when the policy's model reads a feature that there is not.
  static std::unique_ptr<PriorityPolicy> create(const RegAllocOptions &O);
  /// Likewise, of the embedded model for functions that are to be small.
  static std::unique_ptr<PriorityPolicy> createForSize();
  virtual ~PriorityPolicy() = default;

  /// Whether prioritize() looks at the features.
  virtual bool reads() const { return false; }

  /// The new priority of a range with these \p Features (LiveRange.h), \p Usual by LLVM: the higher
  /// ones get their registers first.
  virtual unsigned prioritize(unsigned Usual, llvm::ArrayRef<float> Features) = 0;
};

} // namespace mlgo

#endif
