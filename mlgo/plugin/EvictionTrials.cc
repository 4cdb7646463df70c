#include "EvictionTrials.h"
#include "Error.h"
#include "Fork.h"
#include "Random.h"
#include "RegAllocScores.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/CodeGen/MachineFunctionPass.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ProfileSummary.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <numeric>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace mlgo {

namespace {

constexpr unsigned MostChanges = 3;      // of a variant, against the best one before it
constexpr unsigned FewestTrials = 3;     // LLVM's, the policy's, and one change
constexpr unsigned MostQuestions = 8192; // that are recorded; later ones are not changed

std::vector<int> numbersIn(const char *Folder) {
  std::vector<int> Numbers;
  DIR *Opened = opendir(Folder);
  while (dirent *Entry = Opened ? readdir(Opened) : nullptr)
    if (Entry->d_name[0] != '.')
      Numbers.push_back(std::atoi(Entry->d_name));
  if (Opened)
    closedir(Opened);
  return Numbers;
}

/// A trial writes nothing, whatever the compiler has open or buffered, and its end is nobody's
/// business: neither the compiler's handlers, which remove the unfinished object, nor the user's.
void isolate() {
  sys::unregisterHandlers();
  for (int Signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP})
    signal(Signal, SIG_DFL);
  remove_fatal_error_handler();
  install_fatal_error_handler([](void *, const char *, bool) { std::_Exit(1); });
  int Nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int File : numbersIn("/proc/self/fd")) {
    struct stat Status;
    if (File <= STDERR_FILENO || (!fstat(File, &Status) && S_ISREG(Status.st_mode)))
      dup2(Nowhere, File);
  }
}

} // namespace

struct EvictionTrials::Outcome {
  double Cost;
  bool Done;
  unsigned Questions, Changes;
  float Doubts[MostQuestions];
  std::pair<unsigned, size_t> Slots[MostChanges]; // what the changes became
};

/// How a child's allocation ended; nothing in the parent. Only in processes of one thread.
static double *CostOfTrial = nullptr;
static bool *TrialIsDone = nullptr;

unsigned EvictionTrials::share(unsigned Budget, const MachineFunction &MF,
                               const MachineBlockFrequencyInfo &MBFI) {
  const Function &F = MF.getFunction();
  Metadata *Summary = F.getParent()->getProfileSummary(/*IsCS=*/false);
  if (!Budget || !Summary || !F.getEntryCount())
    return 0;
  std::unique_ptr<ProfileSummary> Profile(ProfileSummary::getFromMD(Summary));
  if (!Profile || !Profile->getTotalCount())
    return 0;
  double Counted = 0;
  for (const MachineBasicBlock &Block : MF)
    Counted += static_cast<double>(MBFI.getBlockProfileCount(&Block).value_or(0));
  double Share = std::min(1.0, Counted / static_cast<double>(Profile->getTotalCount()));
  auto Count = static_cast<unsigned>(Share * Budget);
  return Count < FewestTrials ? 0 : Count;
}

bool EvictionTrials::isPossible() { return numbersIn("/proc/self/task").size() == 1; }

EvictionTrials::EvictionTrials(unsigned Count, uint64_t Seed)
    : Count(Count), Seed(Seed),
      Shared(static_cast<Outcome *>(mmap(nullptr, sizeof(Outcome), PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (Shared == MAP_FAILED)
    fatal("no memory to try allocations");
}

EvictionTrials::~EvictionTrials() { munmap(Shared, sizeof(Outcome)); }

void EvictionTrials::run(function_ref<void()> AfterEach) {
  for (unsigned Trial = 1; Trial <= Count; ++Trial) {
    Variant V = Trial == 1 ? Variant() : changed(Trial);
    if (Trial == 2)
      V = {true, {}, {}};
    if (attempt()) {
      Number = Trial;
      Mine = std::move(V);
      return;
    }
    AfterEach();
    if (Trial == 1 && (!Shared->Done || !Shared->Questions))
      return; // there is nothing to compare with, or nothing to change
    if (Trial == 1) {
      Cost = DefaultCost = Shared->Cost;
      Doubts.assign(Shared->Doubts, Shared->Doubts + Shared->Questions);
    }
    if (Shared->Done && Shared->Cost <= Cost) {
      Mine = std::move(V);
      keep();
    }
  }
  if (Cost >= DefaultCost)
    Mine = Variant();
}

bool EvictionTrials::attempt() {
  Shared->Done = false;
  Shared->Questions = Shared->Changes = 0;
  if (forkAndWait(isolate) != Forked::Child)
    return false; // a child that there cannot be has no result either
  CostOfTrial = &Shared->Cost;
  TrialIsDone = &Shared->Done;
  return true;
}

void EvictionTrials::keep() {
  Cost = Shared->Cost;
  for (const auto &[Index, Slot] : ArrayRef(Shared->Slots, Shared->Changes))
    Mine.Slots[Index] = Slot;
  Mine.Changed.clear();
}

EvictionTrials::Variant EvictionTrials::changed(unsigned Trial) const {
  auto Uniform = [&](unsigned I) { return uniform(Seed, Trial * (MostChanges + 1) + I); };
  Variant V = Mine;
  auto Changes = 1 + static_cast<unsigned>(Uniform(0) * MostChanges);
  for (unsigned I = 1; I <= Changes; ++I)
    V.Changed.push_back(draw(Uniform(I)));
  return V;
}

/// A question, likelier where the policy would rather take another slot than the best one does.
unsigned EvictionTrials::draw(double Uniform) const {
  double Rest = Uniform * std::accumulate(Doubts.begin(), Doubts.end(), 0.0);
  for (unsigned Index = 0; Index < Doubts.size(); ++Index)
    if ((Rest -= Doubts[Index]) < 0)
      return Index;
  return 0;
}

bool EvictionTrials::next() {
  ++Index;
  // Questions move when others are answered differently; that they are numbered as in the first
  // trial is good enough to propose changes.
  return Number == 1 || Mine.Greedy || Mine.Slots.count(Index) || is_contained(Mine.Changed, Index);
}

size_t EvictionTrials::choose(size_t Default, EvictionPolicy &Policy) {
  size_t Slot = Mine.Greedy ? Policy.choose(Index, Default) : Default;
  auto Listed = Mine.Slots.find(Index);
  if (Listed != Mine.Slots.end() && Policy.isLegal(Listed->second))
    Slot = Listed->second;
  if (!isTrial())
    return Slot;
  if (Number > 1 && !is_contained(Mine.Changed, Index))
    return Slot;
  SmallVector<double, 64> Weights(Policy.width());
  Policy.weigh(Default, Weights);
  if (is_contained(Mine.Changed, Index)) {
    Slot = propose(Slot, Weights);
    if (Shared->Changes < MostChanges)
      Shared->Slots[Shared->Changes++] = {Index, Slot};
  }
  if (Number == 1)
    record(Slot, Weights);
  return Slot;
}

/// Samples a slot other than the one that is taken so far.
size_t EvictionTrials::propose(size_t Taken, ArrayRef<double> Weights) const {
  double Rest = std::accumulate(Weights.begin(), Weights.end(), 0.0) - Weights[Taken];
  Rest *= uniform(Seed + Number, Index);
  for (size_t Slot = 0; Slot < Weights.size(); ++Slot)
    if (Slot != Taken && (Rest -= Weights[Slot]) < 0)
      return Slot;
  return Taken;
}

void EvictionTrials::record(size_t Taken, ArrayRef<double> Weights) {
  if (Index >= MostQuestions)
    return;
  double Sum = std::accumulate(Weights.begin(), Weights.end(), 0.0);
  while (Shared->Questions <= Index) // questions between had but one answer
    Shared->Doubts[Shared->Questions++] = 0;
  Shared->Doubts[Index] = static_cast<float>(Sum > 0 ? 1 - Weights[Taken] / Sum : 0);
}

namespace {

class EndOfTrialPass final : public MachineFunctionPass {
public:
  static char ID;
  EndOfTrialPass() : MachineFunctionPass(ID) {}

private:
  StringRef getPassName() const override { return "End of a trial allocation"; }

  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.setPreservesAll();
    AU.addRequired<MachineBlockFrequencyInfoWrapperPass>();
    MachineFunctionPass::getAnalysisUsage(AU);
  }

  bool runOnMachineFunction(MachineFunction &MF) override {
    if (!CostOfTrial)
      return false;
    auto &MBFI = getAnalysis<MachineBlockFrequencyInfoWrapperPass>().getMBFI();
    *CostOfTrial = allocationCost(MF, MBFI);
    *TrialIsDone = !MF.getProperties().hasFailedRegAlloc();
    std::_Exit(0);
  }
};

char EndOfTrialPass::ID = 0;
RegisterPass<EndOfTrialPass> Registered("mlgo-regalloc-end-of-trial", "End of a trial allocation");

} // namespace

const void *EvictionTrials::endPassID() { return &EndOfTrialPass::ID; }

} // namespace mlgo
