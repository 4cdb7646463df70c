#include "EvictionSession.h"
#include "Error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstring>

using namespace llvm;

namespace mlgo {

ChoiceList ChoiceList::read(StringRef Path) {
  constexpr StringLiteral Magic = "mlgo-choices-1";
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/true);
  if (!Buffer)
    fatal("cannot read the choices in " + Path + ": " + Buffer.getError().message());
  line_iterator Line(**Buffer, /*SkipBlanks=*/true, '#');
  if (Line.is_at_eof() || *Line != Magic)
    fatal(Path + " is no list of choices: its first line is not " + Magic);
  ChoiceList List;
  for (++Line; !Line.is_at_eof(); ++Line) {
    SmallVector<StringRef, 3> Fields;
    Line->split(Fields, '\t');
    unsigned Index;
    size_t Slot;
    if (Fields.size() != 3 || !to_integer(Fields[1], Index) || !to_integer(Fields[2], Slot))
      fatal(Path + ":" + Twine(Line.line_number()) + ": not a choice: '" + *Line + "'");
    List.Slots[Fields[0]][Index] = Slot;
  }
  return List;
}

std::optional<size_t> ChoiceList::lookup(StringRef Function, unsigned Index) const {
  auto Found = Slots.find(Function);
  if (Found == Slots.end() || !Found->second.contains(Index))
    return std::nullopt;
  return Found->second.lookup(Index);
}

EvictionSession::EvictionSession(const RegAllocOptions &O, StringRef ModuleName,
                                 const std::vector<TensorSpec> &Compiler, CurrentTrials Trials)
    : Options(O), ModuleName(ModuleName.str()), Policy(EvictionPolicy::create(O, Compiler)),
      Trials(std::move(Trials)) {
  if (!O.Choices.empty())
    Choices = ChoiceList::read(O.Choices);
}

EvictionSession::~EvictionSession() = default;

void EvictionSession::enter(StringRef Name, double Work, std::function<void()> Clear) {
  Function = Name.str();
  AskedInFunction = 0;
  *Trials = Work > 0 ? std::make_unique<AllocationTrials>(Work, std::move(Clear)) : nullptr;
}

bool EvictionSession::begin(float Stake) { return !*Trials || (*Trials)->next(Stake); }

std::optional<size_t> EvictionSession::decide(StringRef Features, size_t Default) {
  const auto &Specs = Policy->features();
  for (size_t I = 0; I < Specs.size(); ++I) {
    size_t Size = Specs[I].getTotalTensorBufferSize();
    std::memcpy(Policy->buffer(I), Features.data(), Size);
    Features = Features.drop_front(Size);
  }
  uint64_t Index = Asked++;
  unsigned IndexInFunction = AskedInFunction++;
  if (!Policy->isLegal(Default))
    return std::nullopt;
  size_t Chosen = *Trials ? (*Trials)->choose(Default, *Policy) : Policy->choose(Index, Default);
  if (Choices) {
    auto Listed = Choices->lookup(Function, IndexInFunction);
    if (Listed && *Listed < width() && Policy->isLegal(*Listed))
      Chosen = *Listed;
  }
  if (!Options.Log.empty())
    log(Default, Chosen);
  return Chosen;
}

void EvictionSession::log(size_t Default, size_t Chosen) {
  size_t Width = Policy->features().size();
  if (!Trajectory) {
    auto Specs = Policy->features();
    Specs.push_back(TensorSpec::createSpec<int64_t>("question", {1}));
    Specs.push_back(TensorSpec::createSpec<int64_t>("default_choice", {1}));
    Specs.push_back(TensorSpec::createSpec<int64_t>("index_to_evict", {1}));
    auto Reward = TensorSpec::createSpec<float>("reward", {1});
    Trajectory = std::make_unique<Logger>(openOutput(Options.Log, ModuleName, ".log"), Specs,
                                          Reward, /*IncludeReward=*/false);
  }
  if (Trajectory->currentContext() != Function)
    Trajectory->switchContext(Function);
  const int64_t Last[] = {AskedInFunction - 1, static_cast<int64_t>(Default),
                          static_cast<int64_t>(Chosen)};
  Trajectory->startObservation();
  for (size_t I = 0; I < Width; ++I)
    Trajectory->logTensorValue(I, static_cast<const char *>(Policy->buffer(I)));
  for (size_t I = 0; I < 3; ++I)
    Trajectory->logTensorValue(Width + I, reinterpret_cast<const char *>(&Last[I]));
  Trajectory->endObservation();
}

} // namespace mlgo
