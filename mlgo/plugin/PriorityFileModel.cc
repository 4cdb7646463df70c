#include "Model.h"
#include "Perceptron.h"

using namespace llvm;

namespace {

/// A perceptron over squashed features of a live range -> how much earlier it gets its register.
class PriorityFileModel final : public mlgo::Model {
public:
  explicit PriorityFileModel(StringRef Path)
      : File(Path, "mlgo-priority-1", "mlgo train regalloc --method priority"), Specs(readSpecs()),
        Values(Specs.size()), Net(File, Specs.size()) {
    File.finish();
  }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return &Values[Index]; }

  ArrayRef<float> evaluate() override {
    Activation.clear();
    for (float Value : Values)
      Activation.push_back(mlgo::squash(Value));
    return Shift = Net.evaluate(Activation);
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
  float Shift = 0;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::priorityFileModel(StringRef Path) {
  return std::make_unique<PriorityFileModel>(Path);
}
