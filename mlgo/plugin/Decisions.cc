#include "Decisions.h"
#include "Error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace {

constexpr StringLiteral Magic = "mlgo-decisions-1";

std::string pairOf(StringRef Caller, StringRef Callee) { return (Caller + "\t" + Callee).str(); }

std::string textOf(const mlgo::DecisionKey &Key) {
  return pairOf(Key.Caller, Key.Callee) + "\t" + utostr(Key.Ordinal);
}

/// A list names a module as the build did, or by the last components of its path.
bool namesModule(StringRef Name, StringRef Module) {
  return Module == Name || (Module.ends_with(Name) && Module.drop_back(Name.size()).ends_with("/"));
}

/// "-" stands for none.
std::vector<std::string> namesIn(StringRef List) {
  std::vector<std::string> Names;
  if (List != "-")
    for (StringRef Name : split(List, ','))
      Names.push_back(Name.str());
  return Names;
}

} // namespace

namespace mlgo {

DecisionKey DecisionCounter::next(StringRef Caller, StringRef Callee) {
  return {Caller, Callee, Asked[pairOf(Caller, Callee)]++};
}

DecisionList DecisionList::read(StringRef Path, StringRef Module) {
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/true);
  if (!Buffer)
    fatal("cannot read the decisions in " + Path + ": " + Buffer.getError().message());
  line_iterator Line(**Buffer, /*SkipBlanks=*/true, '#');
  if (Line.is_at_eof() || *Line != Magic)
    fatal(Path + " is no list of decisions: its first line is not " + Magic);
  DecisionList List;
  bool Mine = true;
  for (++Line; !Line.is_at_eof(); ++Line) {
    SmallVector<StringRef, 5> Fields;
    Line->split(Fields, '\t');
    auto Verb = StringSwitch<std::optional<DecisionList::Verb>>(Fields[0])
                    .Case("inline", Verb::Inline)
                    .Case("keep", Verb::Keep)
                    .Case("flip", Verb::Flip)
                    .Default(std::nullopt);
    unsigned Ordinal;
    if (Fields[0] == "module" && Fields.size() == 2)
      Mine = namesModule(Fields[1], Module);
    else if (Fields[0] == "skip" && Fields.size() == 3) {
      if (Mine)
        List.Skips[Fields[1]] = namesIn(Fields[2]);
    } else if (!Verb || Fields.size() < 4 || !to_integer(Fields[3], Ordinal))
      fatal(Path + ":" + Twine(Line.line_number()) + ": not a decision: '" + *Line + "'");
    else if (Mine)
      List.Verbs[textOf({Fields[1], Fields[2], Ordinal})] = *Verb;
  }
  return List;
}

const std::vector<std::string> *DecisionList::skipped(StringRef Function) const {
  auto Found = Skips.find(Function);
  return Found == Skips.end() ? nullptr : &Found->second;
}

std::optional<bool> DecisionList::lookup(const DecisionKey &Key, bool Policy) const {
  auto Found = Verbs.find(textOf(Key));
  if (Found == Verbs.end())
    return std::nullopt;
  return Found->second == Verb::Flip ? !Policy : Found->second == Verb::Inline;
}

DecisionRecorder::DecisionRecorder(std::unique_ptr<raw_ostream> Stream, StringRef Module)
    : OS(std::move(Stream)) {
  *OS << Magic << "\nmodule\t" << Module << "\n";
}

void DecisionRecorder::write(const DecisionKey &Key, bool Inline, float Logit) {
  *OS << (Inline ? "inline\t" : "keep\t") << textOf(Key) << format("\t%.6f\n", Logit);
}

} // namespace mlgo
