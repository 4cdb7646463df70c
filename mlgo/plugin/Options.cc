#include "Options.h"
#include "Error.h"
#include "Model.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ManagedStatic.h"
#include "llvm/Support/Process.h"
#include <optional>

using namespace llvm;

namespace {

/// One option: `-mlgo-policy` on the command line, MLGO_POLICY in the environment.
class Option {
public:
  Option(StringRef Name, StringRef Help)
      : Flag(("mlgo-" + Name).str()), Variable(variableOf(Name)),
        Value(StringRef(Flag), cl::desc(Help)) {}

  std::string get(StringRef Default) const {
    if (Value.getNumOccurrences())
      return Value;
    return sys::Process::GetEnv(Variable).value_or(Default.str());
  }

  template <typename T> T number(T Default) const {
    std::string Text = get("");
    if (Text.empty())
      return Default;
    T Number;
    if (!to_number(Text, Number))
      mlgo::fatal("-" + Flag + " (or " + Variable + ") takes a number, not '" + Text + "'");
    return Number;
  }

private:
  template <typename T> static bool to_number(StringRef Text, T &Number) {
    if constexpr (std::is_floating_point_v<T>)
      return to_float(Text, Number);
    else
      return to_integer(Text, Number);
  }

  static std::string variableOf(StringRef Name) {
    std::string Variable = "MLGO_" + Name.upper();
    std::replace(Variable.begin(), Variable.end(), '-', '_');
    return Variable;
  }

  const std::string Flag, Variable;
  cl::opt<std::string> Value;
};

struct CommandLine {
  Option Policy{"policy", "How inlining is decided: learned (the embedded model), off (LLVM "
                          "alone), default (LLVM's own decision through the same path), "
                          "file (-mlgo-weights) or random"};
  Option Weights{"weights", "Model of the file policy"};
  Option Temperature{"temperature", "Above 0: the file policy samples its actions"};
  Option Seed{"seed", "Seed of sampling and of the random policy"};
  Option Probability{"probability", "Of inlining, for the random policy"};
  Option Decisions{"decisions", "File with decisions that override the policy's"};
  Option Flip{"flip", "Indices of decisions to invert, separated by commas"};
  Option Log{"log", "Trajectory to write: a file, or a folder for one file a module"};
  Option Record{"record", "Decisions to write, for -mlgo-decisions: a file, or a folder"};
  Option Explore{"explore", "Indices of decisions to explore by forking, for -mlgo-sizes"};
  Option ExploreCallees{"explore-callees",
                        "As -mlgo-explore, with all later decisions on the same callee"};
  Option Sizes{"sizes", "File for the function sizes of the explored alternatives"};
  Option RegAlloc{"regalloc", "How evictions are decided: learned (the embedded model), off (LLVM "
                              "alone), default (LLVM's own choice through the same path), file "
                              "(-mlgo-regalloc-weights) or random"};
  Option RegAllocPriority{"regalloc-priority",
                          "How the order of allocation is decided: learned, off, default, file "
                          "(-mlgo-regalloc-priority-weights) or random"};
  Option RegAllocPriorityWeights{"regalloc-priority-weights",
                                 "Model of the file policy of the order of allocation"};
  Option SizeOrder{"size-order",
                   "The order of allocation in functions that are to be small (minsize): learned, "
                   "as by default where inlining is, or off"};
  Option Passes{"passes", "How it is decided which passes of code generation run on functions that "
                          "are to be small (minsize): learned, as by default where inlining is, "
                          "off, default (all of them), file (-mlgo-passes-weights) or random"};
  Option PassesWeights{"passes-weights", "Model of the file policy of passes"};
  Option PassesSeed{"passes-seed", "Seed of the random policy of passes"};
  Option PassesFlip{"passes-flip", "A pass about which all decisions are inverted"};
  Option PassesLog{"passes-log", "Functions and decisions to write: a file, or a folder"};
  Option RegAllocWeights{"regalloc-weights", "Model of the file policy of register allocation"};
  Option RegAllocTemperature{"regalloc-temperature", "Above 0: evictions are sampled"};
  Option RegAllocSeed{"regalloc-seed", "Seed of sampling and of the random policies"};
  Option RegAllocTrials{"regalloc-trials",
                        "Allocations to try for a program, shared by its profile; auto: as many as "
                        "cost little compile time; 0: the policy decides alone"};
  Option RegAllocChoices{"regalloc-choices", "File with evictions that override the policy's"};
  Option RegAllocLog{"regalloc-log", "Trajectory to write: a file, or a folder for one a module"};
  Option RegAllocScores{"regalloc-scores",
                        "Allocation score of each function to write: a file, or a folder"};
};

// Made when the library is loaded, so that `-mllvm -mlgo-...` is known to the option parser.
CommandLine Line;

mlgo::PolicyKind policyKind(const std::string &Name, bool HasModel) {
  if (Name.empty())
    return HasModel ? mlgo::PolicyKind::Learned : mlgo::PolicyKind::Off;
  auto Kind = StringSwitch<std::optional<mlgo::PolicyKind>>(Name)
                  .Case("off", mlgo::PolicyKind::Off)
                  .Case("default", mlgo::PolicyKind::Default)
                  .Case("learned", mlgo::PolicyKind::Learned)
                  .Case("file", mlgo::PolicyKind::File)
                  .Case("random", mlgo::PolicyKind::Random)
                  .Default(std::nullopt);
  if (!Kind)
    mlgo::fatal("unknown policy '" + Name + "': learned, off, default, file and random are known");
  if (*Kind == mlgo::PolicyKind::Learned && !HasModel)
    mlgo::fatal("this plugin holds no model for that", "mlgo plugin build --policy NAME+NAME");
  return *Kind;
}

mlgo::PolicyKind inliningPolicy() {
  return policyKind(Line.Policy.get(""), mlgo::hasEmbeddedModel());
}

/// What decides about code generation for size unless something else is asked for: the embedded
/// model, where inlining is learned. The control of inlining is stock's code.
StringRef usualForSize(bool HasModel) {
  const bool Learns =
      LLVM_VERSION_MAJOR >= 22 && HasModel && inliningPolicy() == mlgo::PolicyKind::Learned;
  return Learns ? "learned" : "off";
}

/// \p Otherwise: whether nobody asks for another order.
bool ordersForSize(bool Otherwise) {
  const bool HasModel = mlgo::hasEmbeddedSizePriorityModel();
  auto Kind = policyKind(Line.SizeOrder.get(usualForSize(Otherwise && HasModel)), HasModel);
  if (Kind != mlgo::PolicyKind::Learned && Kind != mlgo::PolicyKind::Off)
    mlgo::fatal("-mlgo-size-order (or MLGO_SIZE_ORDER) is learned or off");
  return Kind == mlgo::PolicyKind::Learned;
}

} // namespace

namespace mlgo {

Options Options::read() {
  Options O;
  O.Policy = inliningPolicy();
  O.Weights = Line.Weights.get("");
  O.Temperature = Line.Temperature.number(0.0);
  O.Seed = Line.Seed.number<uint64_t>(0);
  O.Probability = Line.Probability.number(0.5);
  O.Decisions = Line.Decisions.get("");
  O.Flip = Line.Flip.get("");
  O.Log = Line.Log.get("");
  O.Record = Line.Record.get("");
  O.Explore = Line.Explore.get("");
  O.ExploreCallees = Line.ExploreCallees.get("");
  O.Sizes = Line.Sizes.get("");
  if (O.Policy == PolicyKind::File && O.Weights.empty())
    fatal("the file policy needs -mlgo-weights (or MLGO_WEIGHTS)");
  return O;
}

RegAllocOptions RegAllocOptions::read() {
  RegAllocOptions O;
  O.Policy = policyKind(Line.RegAlloc.get(""), hasEmbeddedEvictionModel());
  O.PriorityWeights = Line.RegAllocPriorityWeights.get("");
  O.Weights = Line.RegAllocWeights.get("");
  O.Temperature = Line.RegAllocTemperature.number(0.0);
  O.Seed = Line.RegAllocSeed.number<uint64_t>(0);
  O.Choices = Line.RegAllocChoices.get("");
  O.Log = Line.RegAllocLog.get("");
  O.Scores = Line.RegAllocScores.get("");
  if (O.Policy == PolicyKind::File && O.Weights.empty())
    fatal("the file policy needs -mlgo-regalloc-weights (or MLGO_REGALLOC_WEIGHTS)");
  const bool Alone = O.Policy != PolicyKind::Learned || !O.Choices.empty() || !O.Log.empty();
  if (Line.RegAllocTrials.get(Alone ? "0" : "auto") != "auto")
    O.Trials = Line.RegAllocTrials.number(0u);
  if (O.Policy == PolicyKind::Off || O.Policy == PolicyKind::Default)
    O.Trials = 0; // LLVM alone, and the control
  if (O.tries() && !(O.Choices.empty() && O.Log.empty()))
    fatal("trials answer some questions only: -mlgo-regalloc-choices and -mlgo-regalloc-log do not "
          "go with -mlgo-regalloc-trials");
  // Only LLVM 22 can be given an order.
  const bool Tries = O.Policy == PolicyKind::Learned && O.tries() && LLVM_VERSION_MAJOR >= 22;
  O.Priority =
      policyKind(Line.RegAllocPriority.get(Tries ? "" : "off"), hasEmbeddedPriorityModel());
  if (O.Priority == PolicyKind::File && O.PriorityWeights.empty())
    fatal("the file policy needs -mlgo-regalloc-priority-weights (or "
          "MLGO_REGALLOC_PRIORITY_WEIGHTS)");
  O.OrdersForSize = ordersForSize(/*Otherwise=*/Line.RegAllocPriority.get("").empty());
  return O;
}

PassOptions PassOptions::read() {
  PassOptions O;
  const bool HasModel = hasEmbeddedPassModel();
  O.Policy = policyKind(Line.Passes.get(usualForSize(HasModel)), HasModel);
  O.Weights = Line.PassesWeights.get("");
  O.Seed = Line.PassesSeed.number<uint64_t>(0);
  O.Flip = Line.PassesFlip.get("");
  O.Log = Line.PassesLog.get("");
  O.Decisions = Line.Decisions.get("");
  if (O.Policy == PolicyKind::File && O.Weights.empty())
    fatal("the file policy of passes needs -mlgo-passes-weights (or MLGO_PASSES_WEIGHTS)");
  return O;
}

SmallVector<uint64_t> Options::indices(StringRef List) {
  SmallVector<uint64_t> Indices;
  SmallVector<StringRef> Fields;
  List.split(Fields, ',', -1, /*KeepEmpty=*/false);
  for (StringRef Field : Fields) {
    uint64_t Index;
    if (!to_integer(Field, Index))
      fatal("decisions are named by their index, not '" + Field + "'");
    Indices.push_back(Index);
  }
  llvm::sort(Indices);
  return Indices;
}

} // namespace mlgo
