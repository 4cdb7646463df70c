#include "Error.h"
#include "EvictionPolicy.h"
#include "RegAlloc.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Analysis/MLModelRunner.h"
#include "llvm/Config/llvm-config.h"

using namespace llvm;
using mlgo::PassOptions;
using mlgo::RegAllocOptions;

// From llvm/CodeGen/RegAllocAdvisorPlugin.h, which only our patches bring (llvm_patches/llvm-19).
namespace llvm {
class PluginRegAllocModel {
public:
  using Factory = std::unique_ptr<MLModelRunner> (*)(LLVMContext &, const std::vector<TensorSpec> &,
                                                     const TensorSpec &);
  [[gnu::weak]] static void registerEviction(Factory F, bool ReadsDefault);
};
} // namespace llvm

namespace {

/// In whose buffers LLVM writes the features, and whom it asks.
class Runner final : public MLModelRunner {
public:
  Runner(LLVMContext &Context, const RegAllocOptions &O, const std::vector<TensorSpec> &Inputs)
      : MLModelRunner(Context, Kind::Release, Inputs.size()),
        Policy(mlgo::EvictionPolicy::create(O, ArrayRef(Inputs).drop_back().vec())) {
    for (size_t I = 0; I + 1 < Inputs.size(); ++I)
      setUpBufferForTensor(I, Inputs[I], Policy->buffer(I));
    setUpBufferForTensor(Inputs.size() - 1, Inputs.back(), &Default);
  }

private:
  void *evaluateUntyped() override {
    Slot = static_cast<int64_t>(Policy->choose(Asked++, static_cast<size_t>(Default)));
    return &Slot;
  }

  const std::unique_ptr<mlgo::EvictionPolicy> Policy;
  uint64_t Asked = 0;
  int64_t Default = 0, Slot = 0;
};

std::unique_ptr<MLModelRunner>
makeRunner(LLVMContext &Context, const std::vector<TensorSpec> &Inputs, const TensorSpec &) {
  return std::make_unique<Runner>(Context, RegAllocOptions::read(), Inputs);
}

} // namespace

// There is nothing to do before the options are known.
void mlgo::registerRegAlloc() {}

void mlgo::checkRegAlloc() {
  const auto O = RegAllocOptions::read();
  const bool Evicts = O.Policy != PolicyKind::Off;
  const bool AsksMore = O.Priority != PolicyKind::Off || O.OrdersForSize || O.Trials.value_or(0) ||
                        !O.Scores.empty() || !O.Choices.empty() || !O.Log.empty();
  if (PassOptions::read().Policy != PolicyKind::Off)
    fatal("in LLVM " LLVM_VERSION_STRING " the passes of code generation cannot be chosen",
          "clang-22 can do that");
  const bool HasHook = PluginRegAllocModel::registerEviction != nullptr;
  if (!HasHook && (Evicts || AsksMore))
    fatal("LLVM " LLVM_VERSION_STRING " has no hook for register allocation, LLVM 22 has, and LLVM "
          "19 with the patches of `mlgo toolchain build`",
          "-mlgo-regalloc=off (or MLGO_REGALLOC=off) leaves the allocator alone");
  if (AsksMore)
    fatal("in LLVM " LLVM_VERSION_STRING " only evictions can be decided: no priorities, choices, "
          "logs, scores or trials",
          "clang-22 can do that");
  if (HasHook)
    PluginRegAllocModel::registerEviction(Evicts ? makeRunner : nullptr, /*ReadsDefault=*/true);
}
