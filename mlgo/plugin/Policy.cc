#include "Policy.h"
#include "Error.h"
#include "Model.h"
#include "Random.h"
#include "SiteFeatures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using mlgo::Choice;
using mlgo::uniform;

namespace {

constexpr StringLiteral DefaultFeature = "inlining_default";

double probability(double Logit) { return 1 / (1 + std::exp(-Logit)); }

class DefaultPolicy final : public mlgo::Policy {
public:
  DefaultPolicy(LLVMContext &Context, const mlgo::Options &O,
                const std::vector<TensorSpec> &Compiler)
      : Policy(Context, O, Compiler) {}

  Choice choose(uint64_t, bool Default) override { return {Default, Default ? 1.0f : -1.0f}; }
};

class RandomPolicy final : public mlgo::Policy {
public:
  RandomPolicy(LLVMContext &Context, const mlgo::Options &O,
               const std::vector<TensorSpec> &Compiler)
      : Policy(Context, O, Compiler), Seed(O.Seed), Probability(O.Probability) {}

  Choice choose(uint64_t Index, bool) override {
    return {uniform(Seed, Index) < Probability, static_cast<float>(logit())};
  }

private:
  double logit() const { return std::log(Probability / (1 - Probability)); }

  const uint64_t Seed;
  const double Probability;
};

class ModelPolicy final : public mlgo::Policy {
public:
  ModelPolicy(LLVMContext &Context, const mlgo::Options &O, const std::vector<TensorSpec> &Compiler,
              bool OnlyRefuses, std::unique_ptr<mlgo::Model> Net)
      : Policy(Context, O, Compiler), OnlyRefuses(OnlyRefuses), Seed(O.Seed),
        Temperature(O.Temperature), Net(std::move(Net)) {
    bindInputs();
  }

  Choice choose(uint64_t Index, bool Default) override {
    if (DefaultInput)
      *DefaultInput = Default;
    float Logit = Net->evaluate().front();
    if (OnlyRefuses && !Default)
      return {false, std::min(Logit, Undecided)};
    if (Temperature <= 0)
      return {Logit > 0, Logit};
    return {uniform(Seed, Index) < probability(Logit / Temperature), Logit};
  }

private:
  void bindInputs() {
    const auto &Inputs = Net->inputs();
    for (size_t I = 0; I < Inputs.size(); ++I) {
      if (Inputs[I].name() == DefaultFeature)
        DefaultInput = static_cast<int64_t *>(Net->input(I));
      else
        bind(featureOf(Inputs[I]), Net->input(I));
    }
  }

  size_t featureOf(const TensorSpec &Input) const {
    auto Found = find_if(features(), [&](const auto &F) { return F.name() == Input.name(); });
    if (Found == features().end())
      mlgo::fatal("the model reads the feature '" + Input.name() +
                      "', which LLVM " LLVM_VERSION_STRING " does not have",
                  "use a model that was trained for this release");
    if (*Found != Input)
      mlgo::fatal("the model's feature '" + Input.name() +
                  "' has another type or shape in LLVM " LLVM_VERSION_STRING);
    return static_cast<size_t>(Found - features().begin());
  }

  // Just below 0: the score of refusing that was not the model's idea.
  static constexpr float Undecided = -1e-3f;

  const bool OnlyRefuses;
  const uint64_t Seed;
  const double Temperature;
  const std::unique_ptr<mlgo::Model> Net;
  int64_t *DefaultInput = nullptr;
};

} // namespace

namespace mlgo {

static std::vector<TensorSpec> withSites(std::vector<TensorSpec> Features) {
  append_range(Features, siteFeatures());
  return Features;
}

Policy::Policy(LLVMContext &Context, const Options &O, const std::vector<TensorSpec> &Compiler)
    : MLModelRunner(Context, MLModelRunner::Kind::Release, Compiler.size() + siteFeatures().size()),
      Features(withSites(Compiler)), FirstSiteFeature(Compiler.size()) {
  for (size_t I = 0; I < Features.size(); ++I) {
    Scratch.push_back(std::make_unique<char[]>(Features[I].getTotalTensorBufferSize()));
    bind(I, Scratch.back().get());
  }
  ObservesSites = !O.Log.empty();
}

void Policy::observe(CallBase &CB) {
  if (ObservesSites)
    computeSiteFeatures(CB, [this](size_t Feature, int64_t Value) {
      *getTensor<int64_t>(FirstSiteFeature + Feature) = Value;
    });
}

void *Policy::evaluateUntyped() { llvm_unreachable("the advisor asks Policy::choose"); }

std::unique_ptr<Policy> Policy::create(LLVMContext &Context, const Options &O,
                                       const std::vector<TensorSpec> &Compiler, bool PrecedesLink) {
  switch (O.Policy) {
  case PolicyKind::Off:
  case PolicyKind::Default:
    return std::make_unique<DefaultPolicy>(Context, O, Compiler);
  case PolicyKind::Random:
    return std::make_unique<RandomPolicy>(Context, O, Compiler);
  case PolicyKind::Learned:
    return std::make_unique<ModelPolicy>(Context, O, Compiler, PrecedesLink, embeddedModel());
  case PolicyKind::File:
    return std::make_unique<ModelPolicy>(Context, O, Compiler, PrecedesLink, fileModel(O.Weights));
  }
  llvm_unreachable("all kinds are handled");
}

} // namespace mlgo
