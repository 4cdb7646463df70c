// A learned model: named inputs in, one logit out. Positive means: inline.
#ifndef MLGO_MODEL_H
#define MLGO_MODEL_H

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

  virtual float evaluate() = 0;
};

/// The model that was compiled into the plugin.
std::unique_ptr<Model> embeddedModel();

/// A multi-layer perceptron whose weights are read from \p Path; stops the compile when the file
/// is malformed. The format is documented in mlgo/inlining/weights.py.
std::unique_ptr<Model> fileModel(llvm::StringRef Path);

} // namespace mlgo

#endif
