#include "PriorityAdvisor.h"
#include "Random.h"
#include "llvm/CodeGen/LiveInterval.h"

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
          const mlgo::RegAllocOptions &O, uint64_t &Asked)
      : RegAllocPriorityAdvisor(MF, RA, Indexes),
        Default(std::make_unique<DefaultPriorityAdvisor>(MF, RA, Indexes)), O(O), Asked(Asked) {}

  unsigned getPriority(const LiveInterval &LI) const override {
    unsigned Usual = Default->getPriority(LI);
    if (O.Priority != mlgo::PolicyKind::Random)
      return Usual;
    // Below the bits for hints and allocation classes, which are rules and no heuristics.
    constexpr unsigned Size = (1u << 24) - 1;
    return (Usual & ~Size) | static_cast<unsigned>(mlgo::uniform(O.Seed, Asked++) * Size);
  }

private:
  const std::unique_ptr<RegAllocPriorityAdvisor> Default;
  const mlgo::RegAllocOptions &O;
  uint64_t &Asked;
};

class Provider final : public RegAllocPriorityAdvisorProvider {
public:
  explicit Provider(const mlgo::RegAllocOptions &O)
      : RegAllocPriorityAdvisorProvider(AdvisorMode::Release), O(O) {}

  std::unique_ptr<RegAllocPriorityAdvisor> getAdvisor(const MachineFunction &MF, const RAGreedy &RA,
                                                      SlotIndexes &SI) override {
    return std::make_unique<Advisor>(MF, RA, &SI, O, Asked);
  }

private:
  const mlgo::RegAllocOptions O;
  uint64_t Asked = 0;
};

class Analysis final : public RegAllocPriorityAdvisorAnalysisLegacy {
public:
  explicit Analysis(const mlgo::RegAllocOptions &O)
      : RegAllocPriorityAdvisorAnalysisLegacy(AdvisorMode::Release), O(O) {}

private:
  bool doInitialization(Module &) override {
    Provider = std::make_unique<::Provider>(O);
    return false;
  }

  const mlgo::RegAllocOptions O;
};

} // namespace

ImmutablePass *mlgo::createPriorityAnalysis(const RegAllocOptions &O) { return new Analysis(O); }
