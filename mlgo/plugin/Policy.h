// A policy answers one question, "inline this call?", for the features of one call site.
#ifndef MLGO_POLICY_H
#define MLGO_POLICY_H

#include "Options.h"
#include "llvm/Analysis/MLModelRunner.h"
#include "llvm/IR/InstrTypes.h"
#include <memory>
#include <vector>

namespace mlgo {

struct Choice {
  bool Inline;
  float Logit; // log-odds of inlining; how sure the policy is
};

/// Also the MLModelRunner in whose buffers LLVM writes the features.
class Policy : public llvm::MLModelRunner {
public:
  /// \p Compiler are the compiler's features, to which come ours (SiteFeatures.h); stops the
  /// compile when the policy's model reads one that the compiler does not have, or has with another
  /// type or shape. \p PrecedesLink says that a full-LTO link will decide about the rest: models
  /// then only refuse, because what is inlined too early cannot be taken back.
  static std::unique_ptr<Policy> create(llvm::LLVMContext &Context, const Options &O,
                                        const std::vector<llvm::TensorSpec> &Compiler,
                                        bool PrecedesLink);

  /// Computes the features that are ours for this call, if somebody reads them.
  void observe(llvm::CallBase &CB);

  /// \p Index counts the decisions of this compile, \p Default is LLVM's own answer.
  virtual Choice choose(uint64_t Index, bool Default) = 0;

  const std::vector<llvm::TensorSpec> &features() const { return Features; }

protected:
  Policy(llvm::LLVMContext &Context, const Options &O,
         const std::vector<llvm::TensorSpec> &Compiler);

  void bind(size_t Feature, void *Buffer) {
    ObservesSites |= Feature >= FirstSiteFeature;
    setUpBufferForTensor(Feature, Features[Feature], Buffer);
  }

private:
  void *evaluateUntyped() override; // never called: the advisor asks choose()

  const std::vector<llvm::TensorSpec> Features;
  const size_t FirstSiteFeature;
  bool ObservesSites = false;
  std::vector<std::unique_ptr<char[]>> Scratch;
};

} // namespace mlgo

#endif
