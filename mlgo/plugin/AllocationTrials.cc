#include "AllocationTrials.h"
#include "Error.h"
#include "Fork.h"
#include "RegAllocScores.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/CodeGen/MachineFunctionPass.h"
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

constexpr double Start = 0.25; // of a trial: a process, and the end, which all have to do
constexpr unsigned MostAnswers = 1 << 16; // that are recorded; later ones are not tried
// What an order must save: evictions win more than this, and in LLVM's order others would be left
// (docs/regalloc-evaluation.md).
constexpr double LeastGain = 0.01;

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

struct AllocationTrials::Outcome {
  struct Answer {
    float Promise;
    unsigned Question;
  };
  double Cost;
  bool Done;
  unsigned Questions, Answers;
  Answer Other[MostAnswers];
};

/// How a child's allocation ended; nothing in the parent. Only in processes of one thread.
static double *CostOfTrial = nullptr;
static bool *TrialIsDone = nullptr;

bool AllocationTrials::isPossible() { return numbersIn("/proc/self/task").size() == 1; }

AllocationTrials::AllocationTrials(double Work, std::function<void()> Clear)
    : Left(Work), Clear(std::move(Clear)),
      Shared(static_cast<Outcome *>(mmap(nullptr, sizeof(Outcome), PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (Shared == MAP_FAILED)
    fatal("no memory to try allocations");
}

AllocationTrials::~AllocationTrials() { munmap(Shared, sizeof(Outcome)); }

bool AllocationTrials::wantOrder() {
  if (attempt(Role::Recorder, 0))
    return false;
  // Where no range gives way to another one, the order does not matter.
  if (!Shared->Done || Shared->Questions == 0)
    return false;
  plan(Left - effort(0)); // what the other order leaves
  if (attempt(Role::Recorder, 0))
    return true;
  if (!improves(LeastGain))
    return false;
  plan(Left);
  return true;
}

bool AllocationTrials::next(float AtStake) {
  Stake = AtStake;
  if (++Index == 0 && Mine == Role::Parent && Questions == 0 && !attempt(Role::Recorder, 0) &&
      Shared->Done)
    plan(Left);
  return Mine == Role::Recorder || (Mine == Role::Parent && Threshold > 0 && Left > 0);
}

/// Returns in the child, and in the parent when it has ended.
bool AllocationTrials::attempt(Role Ours, unsigned From) {
  Shared->Done = false;
  Shared->Questions = Shared->Answers = 0;
  if (forkAndWait(isolate) == Forked::Child) {
    Mine = Ours;
    CostOfTrial = &Shared->Cost;
    TrialIsDone = &Shared->Done;
    return true;
  }
  Clear();
  Left -= effort(From); // a child that there cannot be has no result either
  return false;
}

/// What a trial that begins at a question takes, in allocations of the whole function.
double AllocationTrials::effort(unsigned Question) const {
  double Done = Questions ? std::min(1.0, static_cast<double>(Question) / Questions) : 0;
  return 1 - (1 - Start) * Done;
}

/// Whether the last child's allocation costs less than the best one so far, by more than this part.
bool AllocationTrials::improves(double Least) const {
  return Shared->Done && Shared->Cost < (1 - Least) * Cost;
}

/// The most promising answers to the questions of the last child that so much work is enough for.
void AllocationTrials::plan(double Work) {
  Cost = Shared->Cost;
  Questions = Shared->Questions;
  MutableArrayRef Answers(Shared->Other, Shared->Answers);
  llvm::sort(Answers, [](const auto &A, const auto &B) {
    return std::pair(-A.Promise, A.Question) < std::pair(-B.Promise, B.Question);
  });
  double Planned = 0;
  Threshold = 0;
  for (const auto &[Promise, Question] : Answers) {
    Planned += effort(Question);
    if (Planned > Work)
      break;
    Threshold = Promise;
  }
}

size_t AllocationTrials::choose(size_t Default, EvictionPolicy &Policy) {
  SmallVector<double, 64> Weights(Policy.width());
  Policy.weigh(Default, Weights);
  double Sum = std::accumulate(Weights.begin(), Weights.end(), 0.0);
  for (double &Weight : Weights)
    Weight *= Sum > 0 ? Stake / Sum : 0;
  if (Mine == Role::Recorder)
    record(Default, Weights);
  size_t Best = Default;
  for (size_t Slot = 0; Mine == Role::Parent && Slot < Weights.size(); ++Slot) {
    if (Slot == Default || Left <= 0 || static_cast<float>(Weights[Slot]) < Threshold)
      continue;
    if (attempt(Role::Trial, Index))
      return Slot;
    if (improves()) {
      Cost = Shared->Cost;
      Best = Slot;
    }
  }
  return Best;
}

void AllocationTrials::record(size_t Default, ArrayRef<double> Weights) {
  for (size_t Slot = 0; Slot < Weights.size(); ++Slot)
    if (Slot != Default && Weights[Slot] > 0 && Shared->Answers < MostAnswers)
      Shared->Other[Shared->Answers++] = {static_cast<float>(Weights[Slot]), Index};
  Shared->Questions = Index + 1;
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

const void *AllocationTrials::endPassID() { return &EndOfTrialPass::ID; }

} // namespace mlgo
