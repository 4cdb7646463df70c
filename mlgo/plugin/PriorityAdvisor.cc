#include "PriorityAdvisor.h"
#include "LiveRange.h"
#include "PassGate.h"
#include "PriorityPolicy.h"
#include "llvm/CodeGen/LiveIntervals.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"

// Data that earlier releases lack: weak, so that the release check (Release.cc) can speak.
__asm__(".weak _ZN4llvm37RegAllocPriorityAdvisorAnalysisLegacy2IDE\n"
        ".weak _ZNK4llvm37RegAllocPriorityAdvisorAnalysisLegacy11getPassNameEv\n"
        ".weak _ZTIN4llvm37RegAllocPriorityAdvisorAnalysisLegacyE\n"
        ".weak _ZTVN4llvm37RegAllocPriorityAdvisorAnalysisLegacyE");

using namespace llvm;

namespace {

class Advisor final : public RegAllocPriorityAdvisor {
public:
  Advisor(const MachineFunction &MF, const RAGreedy &RA, SlotIndexes *Indexes,
          mlgo::PriorityPolicy &Policy)
      : RegAllocPriorityAdvisor(MF, RA, Indexes),
        Default(std::make_unique<DefaultPriorityAdvisor>(MF, RA, Indexes)), Policy(Policy),
        Features(mlgo::rangeFeatures().size()) {}

  unsigned getPriority(const LiveInterval &Range) const override {
    unsigned Usual = Default->getPriority(Range);
    if (Policy.reads())
      mlgo::describeRange(Range, Usual, *LIS, *MRI, Features);
    return Policy.prioritize(Usual, Features);
  }

private:
  const std::unique_ptr<RegAllocPriorityAdvisor> Default;
  mlgo::PriorityPolicy &Policy;
  mutable std::vector<float> Features;
};

class Provider final : public RegAllocPriorityAdvisorProvider {
public:
  Provider(const mlgo::RegAllocOptions &O, mlgo::CurrentTrials Trials)
      : RegAllocPriorityAdvisorProvider(AdvisorMode::Release),
        Policy(O.Priority == mlgo::PolicyKind::Off ? nullptr : mlgo::PriorityPolicy::create(O)),
        SizePolicy(O.OrdersForSize ? mlgo::PriorityPolicy::createForSize() : nullptr),
        Tries(O.tries()), Trials(std::move(Trials)) {}

  std::unique_ptr<RegAllocPriorityAdvisor> getAdvisor(const MachineFunction &MF, const RAGreedy &RA,
                                                      SlotIndexes &SI) override {
    if (mlgo::PriorityPolicy *Found = policyFor(MF))
      return std::make_unique<Advisor>(MF, RA, &SI, *Found);
    return std::make_unique<DefaultPriorityAdvisor>(MF, RA, &SI);
  }

private:
  mlgo::PriorityPolicy *policyFor(const MachineFunction &MF) const {
    if (SizePolicy && MF.getFunction().hasMinSize())
      return mlgo::skipsSizeOrder(MF.getFunction()) ? nullptr : SizePolicy.get();
    if (Policy && Tries && !(*Trials && (*Trials)->wantOrder()))
      return nullptr;
    return Policy.get();
  }

  const std::unique_ptr<mlgo::PriorityPolicy> Policy, SizePolicy;
  const bool Tries;
  const mlgo::CurrentTrials Trials;
};

class Analysis final : public RegAllocPriorityAdvisorAnalysisLegacy {
public:
  Analysis(const mlgo::RegAllocOptions &O, mlgo::CurrentTrials Trials)
      : RegAllocPriorityAdvisorAnalysisLegacy(AdvisorMode::Release), O(O),
        Trials(std::move(Trials)) {}

private:
  bool doInitialization(Module &) override {
    Provider = std::make_unique<::Provider>(O, Trials);
    return false;
  }

  const mlgo::RegAllocOptions O;
  const mlgo::CurrentTrials Trials;
};

} // namespace

ImmutablePass *mlgo::createPriorityAnalysis(const RegAllocOptions &O, CurrentTrials Trials) {
  return new Analysis(O, std::move(Trials));
}
