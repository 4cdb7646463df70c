#include "Model.h"
#include "Perceptron.h"

using namespace llvm;

namespace {

/// A perceptron over squashed float features.
class FeatureFileModel final : public mlgo::Model {
public:
  FeatureFileModel(StringRef Path, StringRef Format, StringRef Maker)
      : File(Path, Format, Maker), Specs(readSpecs()), Values(Specs.size()),
        Net(File, Specs.size()) {
    File.finish();
  }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return &Values[Index]; }

  ArrayRef<float> evaluate() override {
    Activation.clear();
    for (float Value : Values)
      Activation.push_back(mlgo::squash(Value));
    return Output = Net.evaluate(Activation);
  }

private:
  std::vector<TensorSpec> readSpecs() const {
    std::vector<TensorSpec> Read;
    for (const std::string &Name : File.names("features"))
      Read.push_back(TensorSpec::createSpec<float>(Name, {1}));
    return Read;
  }

  mlgo::WeightsFile File;
  const std::vector<TensorSpec> Specs;
  std::vector<float> Values, Activation;
  const mlgo::Perceptron Net;
  float Output = 0;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::priorityFileModel(StringRef Path) {
  return std::make_unique<FeatureFileModel>(Path, "mlgo-priority-1",
                                            "mlgo train regalloc --method priority");
}

std::unique_ptr<mlgo::Model> mlgo::passFileModel(StringRef Path) {
  return std::make_unique<FeatureFileModel>(Path, "mlgo-passes-1", "mlgo train passes");
}
