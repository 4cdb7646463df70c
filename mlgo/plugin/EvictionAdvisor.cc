#include "EvictionAdvisor.h"
#include "Channel.h"
#include "Error.h"
#include "EvictionSession.h"
#include "LiveRange.h"
#include "TrialBudget.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/CodeGen/LiveInterval.h"
#include "llvm/CodeGen/LiveRegMatrix.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"
#include "llvm/CodeGen/RegisterClassInfo.h"
#include "llvm/CodeGen/TargetRegisterInfo.h"
#include "llvm/CodeGen/VirtRegMap.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include <mutex>

// Data that earlier releases lack: weak, so that the release check (Release.cc) can speak.
__asm__(".weak _ZN4llvm37RegAllocEvictionAdvisorAnalysisLegacy2IDE\n"
        ".weak _ZNK4llvm37RegAllocEvictionAdvisorAnalysisLegacy11getPassNameEv\n"
        ".weak _ZTIN4llvm37RegAllocEvictionAdvisorAnalysisLegacyE\n"
        ".weak _ZTVN4llvm37RegAllocEvictionAdvisorAnalysisLegacyE");

using namespace llvm;

namespace {

// How often the policy may overrule the default for one live range. LLVM ends by itself when ranges
// evict each other; this bounds the time that it takes.
constexpr unsigned MostOverrides = 16;

class Advisor final : public RegAllocEvictionAdvisor {
public:
  Advisor(const MachineFunction &MF, const RAGreedy &RA,
          std::unique_ptr<RegAllocEvictionAdvisor> Asking, mlgo::Channel &Channel,
          mlgo::EvictionSession &Session)
      : RegAllocEvictionAdvisor(MF, RA), Default(std::make_unique<DefaultEvictionAdvisor>(MF, RA)),
        Asking(std::move(Asking)), Channel(Channel), Session(Session) {}

  MCRegister tryFindEvictionCandidate(const LiveInterval &VirtReg, const AllocationOrder &Order,
                                      uint8_t CostPerUseLimit,
                                      const SmallVirtRegSet &Fixed) const override {
    MCRegister Usual = Default->tryFindEvictionCandidate(VirtReg, Order, CostPerUseLimit, Fixed);
    // Where LLVM must find a register, evicting nothing is no legal answer; the default decides.
    bool MustEvict = !VirtReg.isSpillable() && CostPerUseLimit == static_cast<uint8_t>(~0u);
    if (MustEvict || Overrides.lookup(VirtReg.reg()) >= MostOverrides)
      return Usual;
    std::optional<size_t> UsualSlot = slotOf(VirtReg, Usual);
    if (!UsualSlot)
      return Usual;

    auto Ask = [&](size_t Slot, MCRegister &Found) {
      auto Answer = static_cast<int64_t>(Slot);
      return Channel.ask(
          [&] { Found = Asking->tryFindEvictionCandidate(VirtReg, Order, CostPerUseLimit, Fixed); },
          ArrayRef(reinterpret_cast<const char *>(&Answer), sizeof Answer));
    };
    if (!Session.begin(mlgo::useFrequency(VirtReg)))
      return Usual;
    // Two steps: "evict nothing" costs nothing and tells the features; then the policy's slot.
    MCRegister Found;
    StringRef Features = Ask(candidate(), Found);
    if (Features.empty())
      return Usual;
    std::optional<size_t> Slot = Session.decide(Features, *UsualSlot);
    if (!Slot || (Slot == UsualSlot && !Session.isControl()))
      return Usual;
    if (*Slot != candidate())
      Ask(*Slot, Found);
    if (Slot != UsualSlot && Found && evictsUnspillable(VirtReg, Found))
      return Usual;
    if (Slot != UsualSlot)
      ++Overrides[VirtReg.reg()];
    else if (Found != Usual)
      mlgo::fatal("LLVM " LLVM_VERSION_STRING " numbers the candidates of an eviction differently");
    return Found;
  }

  bool canEvictHintInterference(const LiveInterval &VirtReg, MCRegister PhysReg,
                                const SmallVirtRegSet &Fixed) const override {
    return Default->canEvictHintInterference(VirtReg, PhysReg, Fixed);
  }

private:
  /// The last slot stands for the candidate itself.
  size_t candidate() const { return Session.width() - 1; }

  /// LLVM's mask allows to evict ranges that cannot be spilled; LLVM may then find no register for
  /// them. Its default never does it, because their weight is infinite.
  bool evictsUnspillable(const LiveInterval &VirtReg, MCRegister Reg) const {
    return any_of(TRI->regunits(Reg), [&](MCRegUnit Unit) {
      return any_of(Matrix->query(VirtReg, Unit).interferingVRegs(),
                    [](const LiveInterval *Other) { return !Other->isSpillable(); });
    });
  }

  /// The slot of a register: LLVM's ML advisor numbers them in allocation order, hints first
  /// (AllocationOrder.h).
  std::optional<size_t> slotOf(const LiveInterval &VirtReg, MCRegister Reg) const {
    if (!Reg)
      return candidate();
    ArrayRef<MCPhysReg> Order = RegClassInfo.getOrder(MRI->getRegClass(VirtReg.reg()));
    SmallVector<MCPhysReg, 16> Slots;
    TRI->getRegAllocationHints(VirtReg.reg(), Order, Slots, MF, VRM, Matrix);
    size_t Hints = Slots.size();
    copy_if(Order, std::back_inserter(Slots),
            [&](MCPhysReg R) { return !is_contained(ArrayRef(Slots).take_front(Hints), R); });
    auto Slot = static_cast<size_t>(find(Slots, Reg.id()) - Slots.begin());
    return Slot < std::min(Slots.size(), candidate()) ? std::optional(Slot) : std::nullopt;
  }

  const std::unique_ptr<RegAllocEvictionAdvisor> Default, Asking;
  mlgo::Channel &Channel;
  mlgo::EvictionSession &Session;
  mutable DenseMap<Register, unsigned> Overrides;
};

/// Where LLVM's ML advisor looks for its channel.
cl::opt<std::string> &channelOption() {
  constexpr StringLiteral Name = "regalloc-evict-interactive-channel-base";
  auto &Known = cl::getRegisteredOptions();
  auto Found = Known.find(Name);
  if (Found == Known.end())
    mlgo::fatal("LLVM " LLVM_VERSION_STRING " lacks the option -" + Name,
                "-mlgo-regalloc=off leaves the allocator alone");
  return *static_cast<cl::opt<std::string> *>(Found->second);
}

class Provider final : public RegAllocEvictionAdvisorProvider {
public:
  Provider(Module &M, const mlgo::RegAllocOptions &O, mlgo::CurrentTrials Trials)
      : RegAllocEvictionAdvisorProvider(AdvisorMode::Release, M.getContext()), O(O),
        ModuleName(M.getSourceFileName()), Asking(createReleaseModeAdvisorProvider(M.getContext())),
        Budget(M, O.Trials, mlgo::AllocationTrials::fewest(O)), Current(std::move(Trials)) {}

  std::unique_ptr<RegAllocEvictionAdvisor> getAdvisor(const MachineFunction &MF, const RAGreedy &RA,
                                                      MachineBlockFrequencyInfo *MBFI,
                                                      MachineLoopInfo *Loops) override {
    double Trials = 0;
    Current->reset();
    if (O.tries()) {
      Trials = Budget.allot(MF, *MBFI); // first: nothing, and at no cost, without a profile
      if (!Trials || !mlgo::AllocationTrials::isPossible())
        return std::make_unique<DefaultEvictionAdvisor>(MF, RA);
    }
    std::unique_ptr<RegAllocEvictionAdvisor> Advisor;
    auto Get = [&] { Advisor = Asking->getAdvisor(MF, RA, MBFI, Loops); };
    if (Channel)
      Get();
    else
      open(Get);
    Channel->drain(); // of the function's name
    Session->enter(MF.getName(), Trials, [this] { Channel->drain(); });
    return std::make_unique<::Advisor>(MF, RA, std::move(Advisor), *Channel, *Session);
  }

private:
  /// LLVM opens the channel when it makes its first advisor. The option is the whole process's, of
  /// which ThinLTO's back ends are threads.
  void open(function_ref<void()> Get) {
    static std::mutex OneAtATime;
    std::lock_guard Lock(OneAtATime);
    cl::opt<std::string> &Base = channelOption();
    std::string Before = Base;
    Channel = std::make_unique<mlgo::Channel>([&](const std::string &Ours) {
      Base.setValue(Ours);
      Get();
      Base.setValue(Before);
    });
    if (!Channel->advice().isElementType<int64_t>() || Channel->advice().getElementCount() != 1)
      mlgo::fatal("LLVM " LLVM_VERSION_STRING " wants another kind of answer than a slot");
    Session = std::make_unique<mlgo::EvictionSession>(O, ModuleName, Channel->features(), Current);
  }

  const mlgo::RegAllocOptions O;
  const std::string ModuleName;
  const std::unique_ptr<RegAllocEvictionAdvisorProvider> Asking;
  mlgo::TrialBudget Budget;
  const mlgo::CurrentTrials Current;
  std::unique_ptr<mlgo::Channel> Channel;
  std::unique_ptr<mlgo::EvictionSession> Session;
};

class Analysis final : public RegAllocEvictionAdvisorAnalysisLegacy {
public:
  Analysis(const mlgo::RegAllocOptions &O, mlgo::CurrentTrials Trials)
      : RegAllocEvictionAdvisorAnalysisLegacy(AdvisorMode::Release), O(O),
        Trials(std::move(Trials)) {}

private:
  bool doInitialization(Module &M) override {
    Provider = std::make_unique<::Provider>(M, O, Trials);
    return false;
  }
  bool doFinalization(Module &) override {
    Provider.reset(); // writes what is buffered
    return false;
  }

  const mlgo::RegAllocOptions O;
  const mlgo::CurrentTrials Trials;
};

} // namespace

ImmutablePass *mlgo::createEvictionAnalysis(const RegAllocOptions &O, CurrentTrials Trials) {
  return new Analysis(O, std::move(Trials));
}
