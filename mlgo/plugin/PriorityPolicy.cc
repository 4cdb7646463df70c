#include "PriorityPolicy.h"
#include "Error.h"
#include "LiveRange.h"
#include "Model.h"
#include "Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <cmath>

using namespace llvm;

namespace {

// Above are the bits for hints and allocation classes, which are rules and no heuristics.
constexpr unsigned Size = (1u << 24) - 1;

unsigned withSize(unsigned Usual, double New) {
  return (Usual & ~Size) | static_cast<unsigned>(std::clamp(New, 0.0, static_cast<double>(Size)));
}

class DefaultPolicy final : public mlgo::PriorityPolicy {
public:
  unsigned prioritize(unsigned Usual, ArrayRef<float>) override { return Usual; }
};

class RandomPolicy final : public mlgo::PriorityPolicy {
public:
  explicit RandomPolicy(uint64_t Seed) : Seed(Seed) {}

  unsigned prioritize(unsigned Usual, ArrayRef<float>) override {
    return withSize(Usual, mlgo::uniform(Seed, Asked++) * Size);
  }

private:
  const uint64_t Seed;
  uint64_t Asked = 0;
};

/// The model says by which factor, as a logarithm, a range is to be taken for larger than it is.
class ModelPolicy final : public mlgo::PriorityPolicy {
public:
  explicit ModelPolicy(std::unique_ptr<mlgo::Model> Model) : Net(std::move(Model)) {
    const auto &Inputs = Net->inputs();
    for (size_t I = 0; I < Inputs.size(); ++I) {
      auto Found = find(mlgo::rangeFeatures(), Inputs[I]);
      if (Found == mlgo::rangeFeatures().end())
        mlgo::fatal("the priority model reads the feature '" + Inputs[I].name() +
                        "', which there is not",
                    "use a model that was trained for this release");
      Bound.push_back({static_cast<float *>(Net->input(I)),
                       static_cast<size_t>(Found - mlgo::rangeFeatures().begin())});
    }
  }

  bool reads() const override { return true; }

  unsigned prioritize(unsigned Usual, ArrayRef<float> Features) override {
    for (auto [Input, Feature] : Bound)
      *Input = Features[Feature];
    return withSize(Usual, (Usual & Size) * std::exp(static_cast<double>(Net->evaluate()[0])));
  }

private:
  const std::unique_ptr<mlgo::Model> Net;
  std::vector<std::pair<float *, size_t>> Bound;
};

} // namespace

std::unique_ptr<mlgo::PriorityPolicy> mlgo::PriorityPolicy::create(const RegAllocOptions &O) {
  switch (O.Priority) {
  case PolicyKind::Off:
  case PolicyKind::Default:
    return std::make_unique<DefaultPolicy>();
  case PolicyKind::Random:
    return std::make_unique<RandomPolicy>(O.Seed);
  case PolicyKind::Learned:
    return std::make_unique<ModelPolicy>(embeddedPriorityModel());
  case PolicyKind::File:
    return std::make_unique<ModelPolicy>(priorityFileModel(O.PriorityWeights));
  }
  llvm_unreachable("all kinds are handled");
}

std::unique_ptr<mlgo::PriorityPolicy> mlgo::PriorityPolicy::createForSize() {
  return std::make_unique<ModelPolicy>(embeddedSizePriorityModel());
}
