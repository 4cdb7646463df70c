#include "SiteFeatures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace {

struct Contents {
  int64_t Instructions = 0, Calls = 0, MemoryAccesses = 0, Allocas = 0, LandingPads = 0, Exits = 0,
          CallsOfInterest = 0;
};

bool isRealCall(const Instruction &I) { return isa<CallBase>(I) && !isa<IntrinsicInst>(I); }

Contents contentsOf(const Function &F, const Function *Interest = nullptr) {
  Contents C;
  for (const Instruction &I : instructions(F)) {
    if (++C.Instructions >= mlgo::SiteFeatureLimit)
      break;
    C.Calls += isRealCall(I);
    C.MemoryAccesses += isa<LoadInst>(I) || isa<StoreInst>(I);
    C.Allocas += isa<AllocaInst>(I);
    C.LandingPads += isa<LandingPadInst>(I);
    C.Exits += isa<ReturnInst>(I);
    if (const auto *Call = dyn_cast<CallBase>(&I))
      C.CallsOfInterest += Interest && Call->getCalledFunction() == Interest;
  }
  return C;
}

struct Uses {
  int64_t Calls = 0, Others = 0;
};

Uses usesOf(const Function &F) {
  Uses Found;
  for (const Use &U : F.uses()) {
    if (Found.Calls + Found.Others >= mlgo::SiteFeatureLimit)
      break;
    const auto *Call = dyn_cast<CallBase>(U.getUser());
    ++(Call && Call->isCallee(&U) ? Found.Calls : Found.Others);
  }
  return Found;
}

bool isTail(const CallBase &CB) {
  const Instruction *Next = CB.isTerminator() ? nullptr : CB.getNextNode();
  const auto *Return = dyn_cast_or_null<ReturnInst>(Next);
  return Return && (!Return->getReturnValue() || Return->getReturnValue() == &CB);
}

bool isDeadEnd(const CallBase &CB) {
  const auto *Invoke = dyn_cast<InvokeInst>(&CB);
  const BasicBlock *After = Invoke ? Invoke->getNormalDest() : CB.getParent();
  return isa<UnreachableInst>(After->getTerminator());
}

bool isMangled(const Function &F) {
  return F.getName().starts_with("_Z") || F.getName().starts_with("_R");
}

template <typename Kind> int64_t countArguments(const CallBase &CB) {
  return count_if(CB.args(),
                  [](const Use &U) { return isa<Kind>(U.get()->stripInBoundsOffsets()); });
}

} // namespace

const std::vector<TensorSpec> &mlgo::siteFeatures() {
#define SPEC(NAME) TensorSpec::createSpec<int64_t>(#NAME, {1}),
  static const std::vector<TensorSpec> Specs{MLGO_SITE_FEATURES(SPEC)};
#undef SPEC
  return Specs;
}

void mlgo::computeSiteFeatures(CallBase &CB, function_ref<void(size_t, int64_t)> Write) {
  const Function &Callee = *CB.getCalledFunction(), &Caller = *CB.getCaller();
  const Contents In = contentsOf(Callee), Around = contentsOf(Caller, &Callee);
  const Uses Users = usesOf(Callee);
  const int64_t callee_is_local = Callee.hasLocalLinkage();
  const int64_t callee_is_discardable = Callee.isDiscardableIfUnused();
  const int64_t callee_call_sites = Users.Calls;
  const int64_t callee_other_uses = Users.Others;
  const int64_t callee_instructions = In.Instructions;
  const int64_t callee_calls = In.Calls;
  const int64_t callee_memory_accesses = In.MemoryAccesses;
  const int64_t callee_allocas = In.Allocas;
  const int64_t callee_landing_pads = In.LandingPads;
  const int64_t callee_exits = In.Exits;
  const int64_t callee_parameters = static_cast<int64_t>(Callee.arg_size());
  const int64_t callee_is_inline_hinted = Callee.hasFnAttribute(Attribute::InlineHint);
  const int64_t callee_is_nounwind = Callee.doesNotThrow();
  const int64_t callee_is_mangled = isMangled(Callee);
  const int64_t caller_is_local = Caller.hasLocalLinkage();
  const int64_t caller_is_discardable = Caller.isDiscardableIfUnused();
  const int64_t caller_instructions = Around.Instructions;
  const int64_t caller_calls = Around.Calls;
  const int64_t caller_landing_pads = Around.LandingPads;
  const int64_t caller_calls_of_callee = Around.CallsOfInterest;
  const int64_t site_is_invoke = isa<InvokeInst>(CB);
  const int64_t site_is_tail = isTail(CB);
  const int64_t site_is_dead_end = isDeadEnd(CB);
  const int64_t site_is_in_cleanup = CB.getParent()->isLandingPad();
  const int64_t site_result_uses =
      std::min<int64_t>(std::distance(CB.use_begin(), CB.use_end()), SiteFeatureLimit);
  const int64_t site_constant_arguments = countArguments<Constant>(CB);
  const int64_t site_alloca_arguments = countArguments<AllocaInst>(CB);
  const int64_t site_forwarded_arguments = countArguments<Argument>(CB);
  size_t Position = 0;
#define WRITE(NAME) Write(Position++, NAME);
  MLGO_SITE_FEATURES(WRITE)
#undef WRITE
}
