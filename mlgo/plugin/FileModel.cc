#include "Error.h"
#include "Model.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <cstring>

using namespace llvm;

namespace {

struct Layer {
  size_t Inputs, Outputs;
  std::vector<float> Kernel; // Inputs x Outputs, row-major
  std::vector<float> Bias;   // Outputs

  void apply(const std::vector<float> &In, std::vector<float> &Out) const {
    Out = Bias;
    for (size_t I = 0; I < Inputs; ++I)
      for (size_t O = 0; O < Outputs; ++O)
        Out[O] += In[I] * Kernel[I * Outputs + O];
  }
};

/// Inputs x -> (sign(x) log(1 + |x|) - mean) / deviation -> tanh layers -> logit, plus
/// `default_weight` times LLVM's own decision as +1 or -1: the network corrects the default, but
/// for callees out of its scope.
class FileModel final : public mlgo::Model {
public:
  explicit FileModel(StringRef Path) : Path(Path.str()) {
    auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!Buffer)
      fail(Buffer.getError().message());
    auto [Header, Weights] = (*Buffer)->getBuffer().split('\n');
    readHeader(Header);
    readWeights(Weights);
  }

  const std::vector<TensorSpec> &inputs() const override { return Specs; }
  void *input(size_t Index) override { return &Values[Index]; }

  float evaluate() override {
    Activation.resize(Specs.size());
    for (size_t I = 0; I < Specs.size(); ++I)
      Activation[I] = (squash(Values[I]) - Mean[I]) / Deviation[I];
    for (size_t L = 0; L < Layers.size(); ++L) {
      Layers[L].apply(Activation, Next);
      if (L + 1 < Layers.size())
        for (float &Value : Next)
          Value = std::tanh(Value);
      Activation.swap(Next);
    }
    bool InScope = static_cast<float>(Values[SizeIndex]) <= MostInstructions &&
                   static_cast<float>(Values[CallsIndex]) <= MostCalls;
    float Correction = InScope ? Activation[0] : 0.0f;
    return Correction + DefaultWeight * (Values[DefaultIndex] ? 1.0f : -1.0f);
  }

private:
  [[noreturn]] void fail(const Twine &Why) const {
    mlgo::fatal("cannot use the model in " + Path + ": " + Why,
                "models are made by `mlgo train inlining`");
  }

  static float squash(int64_t Value) {
    return std::copysign(std::log1p(std::fabs(static_cast<float>(Value))),
                         static_cast<float>(Value));
  }

  void readHeader(StringRef Text) {
    auto Header = json::parse(Text);
    if (!Header) {
      consumeError(Header.takeError());
      fail("it does not begin with a JSON header");
    }
    const json::Object *Root = Header->getAsObject();
    if (!Root || Root->getString("format") != StringRef("mlgo-mlp-2"))
      fail("it is not of the format mlgo-mlp-2");
    const json::Array *Names = Root->getArray("features"), *Sizes = Root->getArray("layers");
    if (!Names || !Sizes)
      fail("its header lacks features or layers");
    readFeatures(*Names);
    readLayers(*Sizes);
  }

  void readFeatures(const json::Array &Names) {
    for (const json::Value &Name : Names)
      Specs.push_back(TensorSpec::createSpec<int64_t>(Name.getAsString().value_or("").str(), {1}));
    DefaultIndex = indexOf("inlining_default");
    SizeIndex = indexOf("callee_instructions");
    CallsIndex = indexOf("callee_call_sites");
    Values.resize(Specs.size());
  }

  size_t indexOf(StringRef Name) const {
    auto Found = find_if(Specs, [&](const TensorSpec &Spec) { return Spec.name() == Name; });
    if (Found == Specs.end())
      fail("it does not read the feature " + Name);
    return static_cast<size_t>(Found - Specs.begin());
  }

  void readLayers(const json::Array &Sizes) {
    size_t Inputs = Specs.size();
    for (const json::Value &Size : Sizes) {
      int64_t Outputs = Size.getAsInteger().value_or(0);
      if (Outputs < 1 || Outputs > 65536)
        fail("a layer has an impossible size");
      Layers.push_back({Inputs, static_cast<size_t>(Outputs), {}, {}});
      Inputs = static_cast<size_t>(Outputs);
    }
    if (Layers.empty() || Layers.back().Outputs != 1)
      fail("its last layer must have one output");
  }

  void readWeights(StringRef Bytes) {
    take(Bytes, Mean, Specs.size());
    take(Bytes, Deviation, Specs.size());
    for (Layer &L : Layers) {
      take(Bytes, L.Kernel, L.Inputs * L.Outputs);
      take(Bytes, L.Bias, L.Outputs);
    }
    std::vector<float> Scalars;
    take(Bytes, Scalars, 3);
    DefaultWeight = Scalars[0];
    MostInstructions = Scalars[1];
    MostCalls = Scalars[2];
    if (!Bytes.empty())
      fail("it is longer than its header says");
  }

  void take(StringRef &Bytes, std::vector<float> &Numbers, size_t Count) const {
    size_t Size = Count * sizeof(float);
    if (Bytes.size() < Size)
      fail("it is cut short");
    Numbers.resize(Count);
    std::memcpy(Numbers.data(), Bytes.data(), Size);
    Bytes = Bytes.drop_front(Size);
    for (float Number : Numbers)
      if (!std::isfinite(Number))
        fail("a weight is not a finite number");
  }

  const std::string Path;
  std::vector<TensorSpec> Specs;
  std::vector<int64_t> Values;
  size_t DefaultIndex = 0, SizeIndex = 0, CallsIndex = 0;
  std::vector<float> Mean, Deviation;
  std::vector<Layer> Layers;
  float DefaultWeight = 0, MostInstructions = 0, MostCalls = 0;
  std::vector<float> Activation, Next;
};

} // namespace

std::unique_ptr<mlgo::Model> mlgo::fileModel(StringRef Path) {
  return std::make_unique<FileModel>(Path);
}
