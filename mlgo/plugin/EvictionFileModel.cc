#include "Model.h"
#include "Perceptron.h"

using namespace llvm;

namespace {

/// One small network scores every legal slot: it sees the slot's features, those of the candidate
/// (the last slot: evict nothing), and the global ones. `default_weight` more goes to the slot that
/// LLVM's default takes.
class EvictionFileModel final : public mlgo::Model {
public:
  EvictionFileModel(StringRef Path, size_t Width)
      : File(Path, "mlgo-evict-1", "mlgo train regalloc"), Width(Width),
        Wide(File.names("slot_features")), Global(File.names("global_features")),
        Integers(File.names("integers")), Specs(makeSpecs()), Buffers(makeBuffers()),
        Net(File, 2 * (Wide.size() + 2) + Global.size()), DefaultWeight(File.take(1)[0]),
        Scores(Width) {
    File.finish();
  }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return Buffers[Index].get(); }

  ArrayRef<float> evaluate() override {
    const auto *Mask = reinterpret_cast<const int64_t *>(Buffers[maskIndex()].get());
    for (size_t Slot = 0; Slot < Width; ++Slot)
      if (Mask[Slot])
        Scores[Slot] = score(Slot);
    return Scores;
  }

private:
  size_t maskIndex() const { return Wide.size() + Global.size(); }
  size_t defaultIndex() const { return maskIndex() + 1; }

  float score(size_t Slot) {
    Inputs.clear();
    describe(Slot);
    describe(Width - 1);
    for (size_t I = 0; I < Global.size(); ++I)
      Inputs.push_back(number(Wide.size() + I, 0));
    return Net.evaluate(Inputs) + (isDefault(Slot) ? DefaultWeight : 0.0f);
  }

  void describe(size_t Slot) {
    for (size_t I = 0; I < Wide.size(); ++I)
      Inputs.push_back(number(I, Slot));
    Inputs.push_back(isDefault(Slot));
    Inputs.push_back(Slot == Width - 1);
  }

  bool isDefault(size_t Slot) const {
    auto Default = *reinterpret_cast<const int64_t *>(Buffers[defaultIndex()].get());
    return static_cast<int64_t>(Slot) == Default;
  }

  float number(size_t Index, size_t Slot) const {
    const char *Buffer = Buffers[Index].get();
    if (Specs[Index].isElementType<int64_t>())
      return mlgo::squash(static_cast<float>(reinterpret_cast<const int64_t *>(Buffer)[Slot]));
    return mlgo::squash(reinterpret_cast<const float *>(Buffer)[Slot]);
  }

  std::vector<TensorSpec> makeSpecs() const {
    std::vector<TensorSpec> Made;
    for (const std::string &Name : Wide)
      Made.push_back(spec(Name, {1, static_cast<int64_t>(Width)}));
    for (const std::string &Name : Global)
      Made.push_back(spec(Name, {1}));
    Made.push_back(TensorSpec::createSpec<int64_t>("mask", {1, static_cast<int64_t>(Width)}));
    Made.push_back(TensorSpec::createSpec<int64_t>("default_choice", {1}));
    return Made;
  }

  TensorSpec spec(const std::string &Name, const std::vector<int64_t> &Shape) const {
    if (is_contained(Integers, Name))
      return TensorSpec::createSpec<int64_t>(Name, Shape);
    return TensorSpec::createSpec<float>(Name, Shape);
  }

  std::vector<std::unique_ptr<char[]>> makeBuffers() const {
    std::vector<std::unique_ptr<char[]>> Made;
    for (const TensorSpec &Spec : Specs)
      Made.push_back(std::make_unique<char[]>(Spec.getTotalTensorBufferSize()));
    return Made;
  }

  mlgo::WeightsFile File;
  const size_t Width;
  const std::vector<std::string> Wide, Global, Integers;
  const std::vector<TensorSpec> Specs;
  const std::vector<std::unique_ptr<char[]>> Buffers;
  const mlgo::Perceptron Net;
  const float DefaultWeight;
  std::vector<float> Inputs, Scores;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::evictionFileModel(StringRef Path, size_t Width) {
  return std::make_unique<EvictionFileModel>(Path, Width);
}
