#include "Model.h"
#include "Perceptron.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace {

/// A perceptron over squashed inputs -> logit, plus `default_weight` times LLVM's own decision as
/// +1 or -1: the network corrects the default, but out of its scope (mlgo/inlining/scope.py).
class FileModel final : public mlgo::Model {
public:
  explicit FileModel(StringRef Path)
      : File(Path, "mlgo-mlp-3", "mlgo train inlining"), Specs(readSpecs()), Values(Specs.size()),
        DefaultIndex(indexOf("inlining_default")), SizeIndex(indexOf("callee_instructions")),
        CallsIndex(indexOf("callee_call_sites")), MangledIndex(indexOf("callee_is_mangled")),
        Net(File, Specs.size()), Scalars(File.take(4)) {
    File.finish();
  }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return &Values[Index]; }

  ArrayRef<float> evaluate() override {
    Activation.resize(Specs.size());
    for (size_t I = 0; I < Specs.size(); ++I)
      Activation[I] = mlgo::squash(static_cast<float>(Values[I]));
    float Correction = Net.evaluate(Activation);
    Logit =
        (inScope() ? Correction : 0.0f) + defaultWeight() * (Values[DefaultIndex] ? 1.0f : -1.0f);
    return Logit;
  }

private:
  std::vector<TensorSpec> readSpecs() const {
    std::vector<TensorSpec> Read;
    for (const std::string &Name : File.names("features"))
      Read.push_back(TensorSpec::createSpec<int64_t>(Name, {1}));
    return Read;
  }

  size_t indexOf(StringRef Name) const {
    auto Found = find_if(Specs, [&](const TensorSpec &Spec) { return Spec.name() == Name; });
    if (Found == Specs.end())
      File.fail("it does not read the feature " + Name);
    return static_cast<size_t>(Found - Specs.begin());
  }

  bool inScope() const {
    float MostCalls = Values[MangledIndex] ? Scalars[2] : Scalars[3];
    return static_cast<float>(Values[SizeIndex]) <= Scalars[1] &&
           static_cast<float>(Values[CallsIndex]) <= MostCalls;
  }

  float defaultWeight() const { return Scalars[0]; }

  mlgo::WeightsFile File;
  const std::vector<TensorSpec> Specs;
  std::vector<int64_t> Values;
  const size_t DefaultIndex, SizeIndex, CallsIndex, MangledIndex;
  const mlgo::Perceptron Net;
  const std::vector<float> Scalars;
  std::vector<float> Activation;
  float Logit = 0;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::fileModel(StringRef Path) {
  return std::make_unique<FileModel>(Path);
}
