// A learned model: named inputs in, scores out.
#ifndef MLGO_MODEL_H
#define MLGO_MODEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Analysis/TensorSpec.h"
#include <memory>
#include <vector>

namespace mlgo {

/// Not thread-safe: one instance for each advisor.
class Model {
public:
  virtual ~Model() = default;

  /// Its inputs, in feed order.
  virtual const std::vector<llvm::TensorSpec> &inputs() const = 0;

  /// Where to write input \p Index before evaluate().
  virtual void *input(size_t Index) = 0;

  /// Inlining: one logit, positive means inline. Eviction: a score for each slot.
  /// Priority: the logarithm of a factor. Passes: positive means skip.
  virtual llvm::ArrayRef<float> evaluate() = 0;
};

/// Whether this plugin was built with a model for inlining; embeddedModel() needs one.
bool hasEmbeddedModel();
std::unique_ptr<Model> embeddedModel();

/// Likewise for eviction.
bool hasEmbeddedEvictionModel();
std::unique_ptr<Model> embeddedEvictionModel();

/// Likewise for the order of allocation.
bool hasEmbeddedPriorityModel();
std::unique_ptr<Model> embeddedPriorityModel();

/// Likewise for the order of allocation in functions that are to be small.
bool hasEmbeddedSizePriorityModel();
std::unique_ptr<Model> embeddedSizePriorityModel();

/// Likewise for the choice of passes.
bool hasEmbeddedPassModel();
std::unique_ptr<Model> embeddedPassModel();

/// A multi-layer perceptron whose weights are read from \p Path; stops the compile when the file
/// is malformed. The format is documented in mlgo/inlining/weights.py.
std::unique_ptr<Model> fileModel(llvm::StringRef Path);

/// A per-slot scoring network over \p Width slots whose weights are read from \p Path; stops the
/// compile when the file is malformed. The format is documented in mlgo/regalloc/weights.py.
std::unique_ptr<Model> evictionFileModel(llvm::StringRef Path, size_t Width);

/// A perceptron that moves live ranges in the order of allocation, likewise; its format is
/// documented in mlgo/regalloc/priority.py.
std::unique_ptr<Model> priorityFileModel(llvm::StringRef Path);

/// A perceptron that says whether a pass is to be skipped, likewise (mlgo/passes/weights.py).
std::unique_ptr<Model> passFileModel(llvm::StringRef Path);

} // namespace mlgo

#endif
