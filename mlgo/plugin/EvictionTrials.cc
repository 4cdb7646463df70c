#include "EvictionTrials.h"
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

bool EvictionTrials::isPossible() { return numbersIn("/proc/self/task").size() == 1; }

EvictionTrials::EvictionTrials(double Work, std::function<void()> Clear)
    : Left(Work), Clear(std::move(Clear)),
      Shared(static_cast<Outcome *>(mmap(nullptr, sizeof(Outcome), PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (Shared == MAP_FAILED)
    fatal("no memory to try allocations");
}

EvictionTrials::~EvictionTrials() { munmap(Shared, sizeof(Outcome)); }

bool EvictionTrials::next(float AtStake) {
  Stake = AtStake;
  if (++Index == 0 && !attempt(Role::Recorder))
    plan();
  return Mine == Role::Recorder || (Mine == Role::Parent && Threshold > 0 && Left > 0);
}

/// Returns in the child, and in the parent when it has ended.
bool EvictionTrials::attempt(Role Ours) {
  Shared->Done = false;
  Shared->Questions = Shared->Answers = 0;
  if (forkAndWait(isolate) == Forked::Child) {
    Mine = Ours;
    CostOfTrial = &Shared->Cost;
    TrialIsDone = &Shared->Done;
    return true;
  }
  Clear();
  Left -= effort(Index); // a child that there cannot be has no result either
  return false;
}

/// What a trial that begins at a question takes, in allocations of the whole function.
double EvictionTrials::effort(unsigned Question) const {
  double Done = Questions ? std::min(1.0, static_cast<double>(Question) / Questions) : 0;
  return 1 - (1 - Start) * Done;
}

/// The most promising answers that there is work left for.
void EvictionTrials::plan() {
  if (!Shared->Done)
    return; // there is nothing to compare with
  Cost = Shared->Cost;
  Questions = Shared->Questions;
  MutableArrayRef Answers(Shared->Other, Shared->Answers);
  llvm::sort(Answers, [](const auto &A, const auto &B) {
    return std::pair(-A.Promise, A.Question) < std::pair(-B.Promise, B.Question);
  });
  double Planned = 0;
  for (const auto &[Promise, Question] : Answers) {
    Planned += effort(Question);
    if (Planned > Left)
      break;
    Threshold = Promise;
  }
}

size_t EvictionTrials::choose(size_t Default, EvictionPolicy &Policy) {
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
    if (attempt(Role::Trial))
      return Slot;
    if (Shared->Done && Shared->Cost < Cost) {
      Cost = Shared->Cost;
      Best = Slot;
    }
  }
  return Best;
}

void EvictionTrials::record(size_t Default, ArrayRef<double> Weights) {
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

const void *EvictionTrials::endPassID() { return &EndOfTrialPass::ID; }

} // namespace mlgo
