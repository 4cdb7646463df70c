#include "Session.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace mlgo {

void Session::open(Module &M) {
  if (!ModuleName.empty())
    return;
  ModuleName = M.getSourceFileName();
  Flips = Options::indices(O.Flip);
  if (!O.Decisions.empty())
    List = DecisionList::read(O.Decisions, ModuleName);
  if (!O.Record.empty())
    Recorder = std::make_unique<DecisionRecorder>(output(O.Record, ".tsv"), ModuleName);
  if (!O.Sizes.empty())
    Explore = std::make_unique<Explorer>(Options::indices(O.Explore),
                                         Options::indices(O.ExploreCallees), O.Sizes);
}

Choice Session::decide(Policy &P, StringRef Caller, StringRef Callee, bool Default) {
  uint64_t Index = Decided++;
  Choice C = P.choose(Index, Default);
  if (is_contained(Flips, Index))
    C.Inline = !C.Inline;
  DecisionKey Key = Counter.next(Caller, Callee);
  if (List)
    C.Inline = List->lookup(Key, C.Inline).value_or(C.Inline);
  write(P, Key, C, Default);
  if (Explore)
    C.Inline = explore(Index, Callee, C.Inline);
  return C;
}

bool Session::explore(uint64_t Index, StringRef Callee, bool Inline) {
  if (Explore->explores(Index))
    close(); // what is buffered would be written once by each process
  return Explore->decide(Index, Callee, Inline);
}

void Session::explored(Module &M, TargetMachine &TM) {
  if (!Explore)
    return;
  close();
  Explore->measure(M, TM);
}

void Session::write(Policy &P, const DecisionKey &Key, Choice C, bool Default) {
  if (Explore && Explore->isAlternative())
    return; // logs tell of the main line
  if (Recorder)
    Recorder->write(Key, C.Inline, C.Logit);
  if (!O.Log.empty())
    log(P, C, Default);
}

void Session::log(Policy &P, Choice C, bool Default) {
  size_t Width = P.features().size();
  if (!Trajectory) {
    auto Specs = P.features();
    Specs.push_back(TensorSpec::createSpec<int64_t>("inlining_default", {1}));
    Specs.push_back(TensorSpec::createSpec<float>("logit", {1}));
    Specs.push_back(TensorSpec::createSpec<int64_t>("inlining_decision", {1}));
    auto Reward = TensorSpec::createSpec<float>("reward", {1});
    Trajectory = std::make_unique<Logger>(output(O.Log, ".log"), Specs, Reward,
                                          /*IncludeReward=*/false);
    Trajectory->switchContext(ModuleName);
  }
  int64_t DefaultValue = Default, Decision = C.Inline;
  Trajectory->startObservation();
  for (size_t I = 0; I < Width; ++I)
    Trajectory->logTensorValue(I, static_cast<const char *>(P.getTensorUntyped(I)));
  Trajectory->logTensorValue(Width, reinterpret_cast<const char *>(&DefaultValue));
  Trajectory->logTensorValue(Width + 1, reinterpret_cast<const char *>(&C.Logit));
  Trajectory->logTensorValue(Width + 2, reinterpret_cast<const char *>(&Decision));
  Trajectory->endObservation();
}

void Session::close() {
  for (CheckedStream *Stream : Streams)
    Stream->check();
}

std::unique_ptr<raw_ostream> Session::output(const std::string &Path, StringRef Extension) {
  auto Stream = openOutput(Path, ModuleName, Extension);
  Streams.push_back(Stream.get());
  return Stream;
}

} // namespace mlgo
