#include "EvictionPolicy.h"
#include "Error.h"
#include "Model.h"
#include "Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include <cmath>

using namespace llvm;

namespace {

class DefaultPolicy final : public mlgo::EvictionPolicy {
public:
  explicit DefaultPolicy(const std::vector<TensorSpec> &Compiler) : EvictionPolicy(Compiler) {}
  size_t choose(uint64_t, size_t Default) override { return Default; }
};

class RandomPolicy final : public mlgo::EvictionPolicy {
public:
  RandomPolicy(uint64_t Seed, const std::vector<TensorSpec> &Compiler)
      : EvictionPolicy(Compiler), Seed(Seed) {}

  size_t choose(uint64_t Index, size_t Default) override {
    auto Legal = static_cast<double>(count_if(seq(width()), [&](size_t S) { return isLegal(S); }));
    auto Skip = static_cast<size_t>(mlgo::uniform(Seed, Index) * Legal);
    for (size_t Slot = 0; Slot < width(); ++Slot)
      if (isLegal(Slot) && Skip-- == 0)
        return Slot;
    return Default;
  }

private:
  const uint64_t Seed;
};

/// Takes the legal slot with the highest score; with a temperature, samples from the softmax of the
/// legal slots' scores.
class ModelPolicy final : public mlgo::EvictionPolicy {
public:
  ModelPolicy(const mlgo::RegAllocOptions &O, const std::vector<TensorSpec> &Compiler,
              function_ref<std::unique_ptr<mlgo::Model>(size_t Width)> MakeModel)
      : EvictionPolicy(Compiler), Seed(O.Seed), Temperature(O.Temperature),
        Net(MakeModel(width())) {
    const auto &Inputs = Net->inputs();
    for (size_t I = 0; I < Inputs.size(); ++I)
      if (Inputs[I].name() == "default_choice")
        DefaultInput = static_cast<int64_t *>(Net->input(I));
      else
        bind(featureOf(Inputs[I]), Net->input(I));
  }

  size_t choose(uint64_t Index, size_t Default) override {
    ArrayRef<float> Scores = evaluate(Default);
    size_t Best = best(Scores, Default);
    return Temperature > 0 ? sample(Scores, Scores[Best], mlgo::uniform(Seed, Index), Best) : Best;
  }

  void weigh(size_t Default, MutableArrayRef<double> Weights) override {
    ArrayRef<float> Scores = evaluate(Default);
    double Largest = Scores[best(Scores, Default)];
    for (size_t Slot = 0; Slot < width(); ++Slot)
      Weights[Slot] = isLegal(Slot) ? std::exp(Scores[Slot] - Largest) : 0.0;
  }

private:
  ArrayRef<float> evaluate(size_t Default) {
    if (DefaultInput)
      *DefaultInput = static_cast<int64_t>(Default);
    return Net->evaluate();
  }

  size_t best(ArrayRef<float> Scores, size_t Default) const {
    size_t Best = Default;
    for (size_t Slot = 0; Slot < width(); ++Slot)
      if (isLegal(Slot) && Scores[Slot] > Scores[Best])
        Best = Slot;
    return Best;
  }

  size_t sample(ArrayRef<float> Scores, float Largest, double Uniform, size_t Best) const {
    auto Weight = [&](size_t Slot) {
      return isLegal(Slot) ? std::exp((Scores[Slot] - Largest) / Temperature) : 0.0;
    };
    double Rest = 0;
    for (size_t Slot = 0; Slot < width(); ++Slot)
      Rest += Weight(Slot);
    Rest *= Uniform;
    for (size_t Slot = 0; Slot < width(); ++Slot)
      if ((Rest -= Weight(Slot)) < 0)
        return Slot;
    return Best;
  }

  size_t featureOf(const TensorSpec &Input) const {
    auto Found = find_if(features(), [&](const auto &F) { return F.name() == Input.name(); });
    if (Found == features().end())
      mlgo::fatal("the eviction model reads the feature '" + Input.name() +
                      "', which LLVM " LLVM_VERSION_STRING " does not have",
                  "use a model that was trained for this release");
    if (*Found != Input)
      mlgo::fatal("the eviction model's feature '" + Input.name() +
                      "' has another type or shape in LLVM " LLVM_VERSION_STRING,
                  "use a model that was trained for this release");
    return static_cast<size_t>(Found - features().begin());
  }

  const uint64_t Seed;
  const double Temperature;
  const std::unique_ptr<mlgo::Model> Net;
  int64_t *DefaultInput = nullptr;
};

} // namespace

namespace mlgo {

EvictionPolicy::EvictionPolicy(const std::vector<TensorSpec> &Compiler) : Features(Compiler) {
  auto Mask = find_if(Features, [](const TensorSpec &F) { return F.name() == "mask"; });
  if (Mask == Features.end() || !Mask->isElementType<int64_t>() || Mask->getElementCount() < 2)
    fatal("LLVM " LLVM_VERSION_STRING "'s allocator does not say which evictions are legal",
          "-mlgo-regalloc=off leaves the allocator alone");
  MaskIndex = static_cast<size_t>(Mask - Features.begin());
  Width = Mask->getElementCount();
  for (const TensorSpec &F : Features) {
    Scratch.push_back(std::make_unique<char[]>(F.getTotalTensorBufferSize()));
    Buffers.push_back(Scratch.back().get());
  }
}

std::unique_ptr<EvictionPolicy> EvictionPolicy::create(const RegAllocOptions &O,
                                                       const std::vector<TensorSpec> &Compiler) {
  switch (O.Policy) {
  case PolicyKind::Off:
  case PolicyKind::Default:
    return std::make_unique<DefaultPolicy>(Compiler);
  case PolicyKind::Random:
    return std::make_unique<RandomPolicy>(O.Seed, Compiler);
  case PolicyKind::Learned:
    return std::make_unique<ModelPolicy>(O, Compiler,
                                         [](size_t) { return embeddedEvictionModel(); });
  case PolicyKind::File:
    return std::make_unique<ModelPolicy>(
        O, Compiler, [&](size_t Width) { return evictionFileModel(O.Weights, Width); });
  }
  llvm_unreachable("all kinds are handled");
}

} // namespace mlgo
