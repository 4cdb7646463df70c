#include "EmbeddedModel.h"
#include "Error.h"
#include "Model.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace {

class EmbeddedModel final : public mlgo::Model {
public:
  explicit EmbeddedModel(const MlgoEmbeddedModel &Code)
      : Code(Code), Instance(Code.Create()), Specs(parse(Code.Spec)) {}
  ~EmbeddedModel() override { Code.Destroy(Instance); }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return Code.Input(Instance, static_cast<int>(Index)); }
  float evaluate() override { return Code.Evaluate(Instance); }

private:
  static std::vector<TensorSpec> parse(StringRef Text) {
    LLVMContext Context; // only to report a malformed specification
    std::vector<TensorSpec> Specs;
    auto Spec = json::parse(Text);
    const json::Array *Inputs = Spec ? Spec->getAsObject()->getArray("inputs") : nullptr;
    if (!Inputs)
      mlgo::fatal("the embedded model has no readable specification");
    for (const json::Value &Input : *Inputs)
      if (auto Tensor = getTensorSpecFromJSON(Context, Input))
        Specs.push_back(*Tensor);
    return Specs;
  }

  const MlgoEmbeddedModel &Code;
  void *const Instance;
  const std::vector<TensorSpec> Specs;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::embeddedModel() {
  return std::make_unique<EmbeddedModel>(mlgo_inlining_model);
}
