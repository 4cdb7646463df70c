#include "EmbeddedModel.h"
#include "Error.h"
#include "Model.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/JSON.h"

// A plugin is linked with the models that it was built for.
#pragma weak mlgo_inlining_model
#pragma weak mlgo_eviction_model
#pragma weak mlgo_priority_model
#pragma weak mlgo_size_priority_model
#pragma weak mlgo_pass_model

using namespace llvm;

namespace {

template <typename Compiled> class EmbeddedModel final : public mlgo::Model {
public:
  explicit EmbeddedModel(const Compiled &Code)
      : Code(Code), Instance(Code.Create()), Spec(parse(Code.Spec)), Specs(inputsOf(Spec)) {}
  ~EmbeddedModel() override { Code.Destroy(Instance); }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return Code.Input(Instance, static_cast<int>(Index)); }

  ArrayRef<float> evaluate() override {
    if constexpr (std::is_same_v<Compiled, MlgoEmbeddedModel>)
      return Logit = Code.Evaluate(Instance);
    else
      return {Code.Evaluate(Instance), Outputs};
  }

private:
  static json::Object parse(StringRef Text) {
    auto Parsed = json::parse(Text);
    json::Object *Root = Parsed ? Parsed->getAsObject() : nullptr;
    if (!Root || !Root->getArray("inputs"))
      mlgo::fatal("the embedded model has no readable specification");
    return std::move(*Root);
  }

  static std::vector<TensorSpec> inputsOf(const json::Object &Spec) {
    LLVMContext Context; // only to report a malformed specification
    std::vector<TensorSpec> Specs;
    for (const json::Value &Input : *Spec.getArray("inputs"))
      if (auto Tensor = getTensorSpecFromJSON(Context, Input))
        Specs.push_back(*Tensor);
    return Specs;
  }

  const Compiled &Code;
  void *const Instance;
  const json::Object Spec;
  const std::vector<TensorSpec> Specs;
  const size_t Outputs = static_cast<size_t>(Spec.getInteger("outputs").value_or(1));
  float Logit = 0;
};

} // namespace

namespace mlgo {

bool hasEmbeddedModel() { return &mlgo_inlining_model != nullptr; }

std::unique_ptr<Model> embeddedModel() {
  return std::make_unique<EmbeddedModel<MlgoEmbeddedModel>>(mlgo_inlining_model);
}

bool hasEmbeddedEvictionModel() { return &mlgo_eviction_model != nullptr; }

std::unique_ptr<Model> embeddedEvictionModel() {
  return std::make_unique<EmbeddedModel<MlgoEmbeddedScorer>>(mlgo_eviction_model);
}

bool hasEmbeddedPriorityModel() { return &mlgo_priority_model != nullptr; }

std::unique_ptr<Model> embeddedPriorityModel() {
  return std::make_unique<EmbeddedModel<MlgoEmbeddedModel>>(mlgo_priority_model);
}

bool hasEmbeddedSizePriorityModel() { return &mlgo_size_priority_model != nullptr; }

std::unique_ptr<Model> embeddedSizePriorityModel() {
  return std::make_unique<EmbeddedModel<MlgoEmbeddedModel>>(mlgo_size_priority_model);
}

bool hasEmbeddedPassModel() { return &mlgo_pass_model != nullptr; }

std::unique_ptr<Model> embeddedPassModel() {
  return std::make_unique<EmbeddedModel<MlgoEmbeddedModel>>(mlgo_pass_model);
}

} // namespace mlgo
