#include "Explorer.h"
#include "Error.h"
#include "Fork.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/StructuralHash.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"
#include <cstdlib>
#include <sys/mman.h>

using namespace llvm;

namespace mlgo {

/// An open-addressed map from the name and structure of a function to its bytes. The processes of a
/// compile run one after the other, so there is nothing to lock. A full map only costs a code
/// generation again.
class Explorer::Table {
public:
  std::optional<uint64_t> get(uint64_t Form) {
    Slot *S = find(Form);
    return S && S->Form ? std::optional(S->Bytes) : std::nullopt;
  }

  void put(uint64_t Form, uint64_t Bytes) {
    if (Slot *S = find(Form))
      *S = {Form, Bytes};
  }

private:
  struct Slot {
    uint64_t Form, Bytes; // Form 0: free
  };

  Slot *find(uint64_t Form) {
    for (size_t Probe = 0; Probe < 64; ++Probe) {
      Slot &S = Slots[(Form + Probe) % std::size(Slots)];
      if (S.Form == Form || !S.Form)
        return &S;
    }
    return nullptr;
  }

  Slot Slots[1 << 16];
};

Explorer::Explorer(SmallVector<uint64_t> Calls, SmallVector<uint64_t> Callees, std::string Output)
    : Calls(std::move(Calls)), Callees(std::move(Callees)), Output(std::move(Output)),
      Shared(static_cast<Table *>(mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (Shared == MAP_FAILED)
    fatal("no memory to explore decisions");
  std::error_code Error;
  raw_fd_ostream Emptied(this->Output, Error);
  if (Error)
    fatal("cannot write " + this->Output + ": " + Error.message());
}

bool Explorer::explores(uint64_t Index) const {
  return Flip < 0 && (binary_search(Calls, Index) || binary_search(Callees, Index));
}

bool Explorer::decide(uint64_t Index, StringRef Callee, bool Inline) {
  if (FlippedCallee == Callee)
    return !Inline;
  if (explores(Index) && binary_search(Calls, Index) && branch(Index))
    return !Inline;
  if (explores(Index) && binary_search(Callees, Index) && branch(Index)) {
    FlippedCallee = Callee.str();
    return !Inline;
  }
  return Inline;
}

bool Explorer::branch(uint64_t Index) {
  // A compile that crashed has written no line; this alternative is none the worse for it.
  Forked Side = forkAndWait([] {});
  if (Side == Forked::Failed)
    fatal("cannot fork to explore decisions");
  if (Side == Forked::Child)
    return false;
  Flip = static_cast<int64_t>(Index);
  return true;
}

static uint64_t formOf(const Function &F) {
  uint64_t Form = xxh3_64bits(F.getName()) * 31 + StructuralHash(F, /*DetailedHash=*/true);
  return Form ? Form : 1;
}

/// Constructors are often aliases of one another; an alias needs its function's body.
static bool hasAlias(const Function &F) {
  return any_of(F.users(),
                [](const User *U) { return isa<GlobalAlias>(U) || isa<GlobalIFunc>(U); });
}

static void removeBody(Function &F) {
  F.deleteBody();
  F.setComdat(nullptr);
}

namespace {
struct NewFunction {
  std::string Label;
  uint64_t Form;
};
} // namespace

/// Functions of local linkage in different modules are different functions of the program.
static std::string labelOf(const Function &F) {
  return ((F.hasLocalLinkage() ? "static " : "") + F.getName()).str();
}

void Explorer::measure(Module &M, TargetMachine &TM) {
  StringMap<uint64_t> Sizes;
  StringMap<NewFunction> New;
  for (Function &F : M) {
    if (F.isDeclarationForLinker())
      continue;
    uint64_t Form = formOf(F);
    if (auto Known = hasAlias(F) ? std::nullopt : Shared->get(Form)) {
      Sizes[labelOf(F)] = *Known;
      removeBody(F);
    } else {
      New[F.getName()] = {labelOf(F), Form};
    }
  }
  SmallVector<char, 0> Object;
  raw_svector_ostream OS(Object);
  legacy::PassManager Passes;
  Passes.add(new TargetLibraryInfoWrapperPass(TM.getTargetTriple()));
  if (TM.addPassesToEmitFile(Passes, OS, nullptr, CodeGenFileType::ObjectFile))
    fatal("this target cannot generate object files");
  Passes.run(M);
  auto Emitted = object::ObjectFile::createELFObjectFile(
      MemoryBufferRef(StringRef(Object.data(), Object.size()), "object"));
  if (!Emitted)
    fatal("cannot read the generated object: " + toString(Emitted.takeError()));
  for (const object::ELFSymbolRef Symbol : (*Emitted)->symbols()) {
    auto Found = New.find(cantFail(Symbol.getName()));
    if (Found == New.end())
      continue; // no function of the module: an alias, a section
    const NewFunction &F = Found->second;
    Sizes[F.Label] = Symbol.getSize();
    Shared->put(F.Form, Symbol.getSize());
  }
  write(Sizes);
  std::_Exit(0);
}

/// The sizes of the main line, which wrote the first line of the output.
static json::Object mainLine(StringRef Path) {
  auto Buffer = MemoryBuffer::getFile(Path);
  if (!Buffer)
    fatal("cannot read " + Path + ": " + Buffer.getError().message());
  auto Line = json::parse((*Buffer)->getBuffer().split('\n').first);
  json::Object *Sizes = Line ? Line->getAsObject()->getObject("sizes") : nullptr;
  if (!Sizes)
    fatal("the main line of the explored compile failed");
  return std::move(*Sizes);
}

void Explorer::write(const StringMap<uint64_t> &Sizes) {
  json::Object Line{{"flip", Flip}};
  json::Object Changed = Flip < 0 ? json::Object() : mainLine(Output);
  for (auto &Entry : Changed)
    if (!Sizes.count(Entry.first))
      Entry.second = 0;
  for (const auto &Entry : Sizes) {
    auto Main = Changed.getInteger(Entry.first());
    if (Main && static_cast<uint64_t>(*Main) == Entry.second)
      Changed.erase(Entry.first());
    else
      Changed[Entry.first()] = Entry.second;
  }
  Line["callee"] = FlippedCallee.has_value();
  Line["sizes"] = std::move(Changed);
  std::error_code Error;
  raw_fd_ostream File(Output, Error, sys::fs::CD_OpenAlways, sys::fs::FA_Write, sys::fs::OF_Append);
  if (!Error)
    File << json::Value(std::move(Line)) << "\n", File.flush();
  if (Error || File.has_error()) {
    std::string Why = (Error ? Error : File.error()).message();
    File.clear_error();
    fatal("cannot write " + Output + ": " + Why);
  }
}

} // namespace mlgo
