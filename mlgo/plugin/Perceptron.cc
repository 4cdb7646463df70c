#include "Perceptron.h"
#include "Error.h"
#include <cmath>
#include <cstring>

using namespace llvm;

namespace mlgo {

WeightsFile::WeightsFile(StringRef Path, StringRef Format, StringRef Maker)
    : Path(Path.str()), Maker(Maker.str()) {
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!File)
    fail(File.getError().message());
  Buffer = std::move(*File);
  auto [Line, Numbers] = Buffer->getBuffer().split('\n');
  auto Parsed = json::parse(Line);
  if (!Parsed) {
    consumeError(Parsed.takeError());
    fail("it does not begin with a JSON header");
  }
  Header = std::move(*Parsed);
  const json::Object *Root = Header.getAsObject();
  if (!Root || Root->getString("format") != Format)
    fail("it is not of the format " + Format);
  Rest = Numbers;
}

void WeightsFile::fail(const Twine &Why) const {
  fatal("cannot use the model in " + Path + ": " + Why, "models are made by `" + Maker + "`");
}

const json::Array &WeightsFile::list(StringRef Key) const {
  const json::Array *List = Header.getAsObject()->getArray(Key);
  if (!List)
    fail("its header lacks " + Key);
  return *List;
}

std::vector<std::string> WeightsFile::names(StringRef Key) const {
  std::vector<std::string> Names;
  for (const json::Value &Name : list(Key))
    Names.push_back(Name.getAsString().value_or("").str());
  return Names;
}

std::vector<size_t> WeightsFile::sizes(StringRef Key) const {
  std::vector<size_t> Sizes;
  for (const json::Value &Size : list(Key)) {
    int64_t Number = Size.getAsInteger().value_or(0);
    if (Number < 1 || Number > 65536)
      fail("a layer has an impossible size");
    Sizes.push_back(static_cast<size_t>(Number));
  }
  return Sizes;
}

std::vector<float> WeightsFile::take(size_t Count) {
  size_t Size = Count * sizeof(float);
  if (Rest.size() < Size)
    fail("it is cut short");
  std::vector<float> Numbers(Count);
  std::memcpy(Numbers.data(), Rest.data(), Size);
  Rest = Rest.drop_front(Size);
  for (float Number : Numbers)
    if (!std::isfinite(Number))
      fail("a weight is not a finite number");
  return Numbers;
}

void WeightsFile::finish() const {
  if (!Rest.empty())
    fail("it is longer than its header says");
}

Perceptron::Perceptron(WeightsFile &File, size_t Inputs) {
  std::vector<size_t> Sizes = File.sizes("layers");
  if (Sizes.empty() || Sizes.back() != 1)
    File.fail("its last layer must have one output");
  Mean = File.take(Inputs);
  Deviation = File.take(Inputs);
  for (size_t Outputs : Sizes) {
    std::vector<float> Kernel = File.take(Inputs * Outputs);
    Layers.push_back({Inputs, Outputs, std::move(Kernel), File.take(Outputs)});
    Inputs = Outputs;
  }
}

void Perceptron::Layer::apply(const std::vector<float> &In, std::vector<float> &Out) const {
  Out = Bias;
  for (size_t I = 0; I < Inputs; ++I)
    for (size_t O = 0; O < Outputs; ++O)
      Out[O] += In[I] * Kernel[I * Outputs + O];
}

float Perceptron::evaluate(std::vector<float> &Inputs) const {
  for (size_t I = 0; I < Inputs.size(); ++I)
    Inputs[I] = (Inputs[I] - Mean[I]) / Deviation[I];
  for (const Layer &L : Layers) {
    L.apply(Inputs, Next);
    if (&L != &Layers.back())
      for (float &Value : Next)
        Value = std::tanh(Value);
    Inputs.swap(Next);
  }
  return Inputs[0];
}

float squash(float Value) {
  if (!std::isfinite(Value))
    return 0; // LLVM divides by the size of empty live ranges
  return std::copysign(std::log1p(std::fabs(Value)), Value);
}

} // namespace mlgo
