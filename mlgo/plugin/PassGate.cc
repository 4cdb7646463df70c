#include "PassGate.h"
#include "Decisions.h"
#include "Error.h"
#include "FunctionFeatures.h"
#include "Model.h"
#include "Output.h"
#include "Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/Support/JSON.h"
#include <bitset>

using namespace llvm;

namespace {

struct Skippable {
  StringRef Name; // in lists, and of the feature that is 1 when a model is asked about it
  StringRef Pass; // as LLVM's gate hears it
};

// Those that were found to be worth a choice on x86-64 (docs/passes.md): a model is asked about the
// first seven, lists of decisions may name all.
constexpr Skippable Passes[] = {
    {"loop_strength_reduction", "Loop Strength Reduction"},
    {"early_machine_licm", "early-machinelicm"},
    {"machine_cse", "machine-cse"},
    {"machine_sink", "machine-sink"},
    {"optimize_leas", "x86-optimize-leas"},
    {"block_placement", "block-placement"},
    {"fixup_leas", "x86-fixup-leas"},
    {"machine_scheduler", "machine-scheduler"},
    {"size_order", ""}, // no pass: see PriorityAdvisor.cc
};
constexpr size_t NumPasses = std::size(Passes), NumLearned = 7, SizeOrder = NumPasses - 1;
using Skipped = std::bitset<NumPasses>;

/// Of the function whose code is generated in this thread.
thread_local Skipped Current;
thread_local StringRef CurrentName;

/// False where a pass over the whole module came between the choice and the pass in question.
bool isCurrent(StringRef IR) {
  return !IR.consume_front("function (") || (IR.consume_back(")") && IR == CurrentName);
}

class Gate final : public OptPassGate {
public:
  bool isEnabled() const override { return true; }

  bool shouldRunPass(StringRef Pass, StringRef IR) const override {
    if (Current.none() || !isCurrent(IR))
      return true;
    const auto *Found = find_if(Passes, [&](const Skippable &S) { return S.Pass == Pass; });
    return Found == std::end(Passes) || !Current[static_cast<size_t>(Found - Passes)];
  }
};

/// Contexts keep a reference.
Gate TheGate;

/// NumPasses: there is none of that name.
size_t passNamed(StringRef Name) {
  return static_cast<size_t>(find_if(Passes, [&](const Skippable &S) { return S.Name == Name; }) -
                             Passes);
}

/// Decides for one function after the other.
class Chooser {
public:
  Chooser(const mlgo::PassOptions &O, StringRef ModuleName)
      : O(O), Values(mlgo::functionFeatures().size()), Asked(NumLearned) {
    if (O.Policy == mlgo::PolicyKind::Learned)
      Net = mlgo::embeddedPassModel();
    if (O.Policy == mlgo::PolicyKind::File)
      Net = mlgo::passFileModel(O.Weights);
    if (Net)
      bind();
    Flip = passNamed(O.Flip);
    if (!O.Flip.empty() && Flip == NumPasses)
      mlgo::fatal("there is no choice about the pass '" + O.Flip + "'");
    if (!O.Decisions.empty())
      List = mlgo::DecisionList::read(O.Decisions, ModuleName);
  }

  Skipped choose(const Function &F, const LoopInfo &Loops) {
    if (Net || !O.Log.empty())
      mlgo::describeFunction(F, Loops, Values);
    const auto *Names = List ? List->skipped(F.getName()) : nullptr;
    Skipped S = Names ? named(*Names) : chosen();
    if (Flip < NumPasses)
      S.flip(Flip);
    if (!O.Log.empty())
      log(F, S);
    return S;
  }

private:
  Skipped named(ArrayRef<std::string> Names) const {
    Skipped S;
    for (StringRef Name : Names) {
      if (passNamed(Name) == NumPasses)
        mlgo::fatal(O.Decisions + ": code generation cannot leave out '" + Name + "'");
      S.set(passNamed(Name));
    }
    return S;
  }

  Skipped chosen() {
    Skipped S;
    for (size_t K = 0; K < NumLearned; ++K)
      S[K] = skips(K);
    return S;
  }

  bool skips(size_t Pass) {
    if (O.Policy == mlgo::PolicyKind::Random)
      return mlgo::uniform(O.Seed, Questions++) < 0.5;
    if (!Net)
      return false;
    std::fill(Asked.begin(), Asked.end(), 0);
    Asked[Pass] = 1;
    for (auto [Input, From] : Bound)
      *Input = *From;
    return Net->evaluate()[0] > 0;
  }

  void bind() {
    for (size_t I = 0; I < Net->inputs().size(); ++I)
      Bound.push_back({static_cast<float *>(Net->input(I)), source(Net->inputs()[I].name())});
  }

  /// Where the value of a model's input comes from.
  const float *source(StringRef Name) const {
    if (size_t Pass = passNamed(Name); Pass < NumLearned)
      return &Asked[Pass];
    const auto *Feature = find(mlgo::functionFeatures(), Name);
    if (Feature == mlgo::functionFeatures().end())
      mlgo::fatal("the model of passes reads the feature '" + Name + "', which there is not",
                  "use a model that was trained for this release");
    return &Values[static_cast<size_t>(Feature - mlgo::functionFeatures().begin())];
  }

  void log(const Function &F, Skipped S) {
    if (!Stream)
      Stream = mlgo::openOutput(O.Log, F.getParent()->getSourceFileName(), ".jsonl");
    json::Object Line{{"function", F.getName()}, {"module", F.getParent()->getSourceFileName()}};
    for (auto [Name, Value] : zip(mlgo::functionFeatures(), Values))
      Line[Name] = static_cast<double>(Value);
    for (size_t K = 0; K < NumPasses; ++K)
      Line[Passes[K].Name] = bool(S[K]);
    *Stream << json::Value(std::move(Line)) << "\n";
  }

  const mlgo::PassOptions O;
  size_t Flip;
  uint64_t Questions = 0;
  std::vector<float> Values, Asked;
  std::unique_ptr<mlgo::Model> Net;
  std::optional<mlgo::DecisionList> List;
  std::vector<std::pair<float *, const float *>> Bound;
  std::unique_ptr<mlgo::CheckedStream> Stream;
};

class PassGatePass final : public FunctionPass {
public:
  static char ID;
  PassGatePass() : FunctionPass(ID) {}

private:
  StringRef getPassName() const override { return "Choice of the passes that are skipped"; }

  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.setPreservesAll();
    AU.addRequired<LoopInfoWrapperPass>();
  }

  bool doInitialization(Module &M) override {
    OptPassGate &Other = M.getContext().getOptPassGate();
    if (Other.isEnabled() && &Other != &TheGate)
      return false; // somebody bisects LLVM's passes
    M.getContext().setOptPassGate(TheGate);
    Choice = std::make_unique<Chooser>(mlgo::PassOptions::read(), M.getSourceFileName());
    return false;
  }

  bool runOnFunction(Function &F) override {
    Current.reset();
    CurrentName = F.getName();
    if (Choice && F.hasMinSize() && !F.hasOptNone())
      Current = Choice->choose(F, getAnalysis<LoopInfoWrapperPass>().getLoopInfo());
    return false;
  }

  bool doFinalization(Module &) override {
    Current.reset();
    Choice.reset(); // writes what is buffered
    return false;
  }

  std::unique_ptr<Chooser> Choice;
};

char PassGatePass::ID = 0;
RegisterPass<PassGatePass> Registered("mlgo-pass-gate", "Choice of the passes that are skipped");

} // namespace

bool mlgo::skipsSizeOrder(const Function &F) {
  return Current[SizeOrder] && F.getName() == CurrentName;
}

void mlgo::insertPassGate(TargetPassConfig &Config) {
  // The first of the passes over functions; all others run on a function before the next one.
  Config.insertPass(&AtomicExpandID, &PassGatePass::ID);
}
