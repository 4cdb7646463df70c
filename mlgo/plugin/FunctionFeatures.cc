#include "FunctionFeatures.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace {

struct Counts {
#define FIELD(NAME) float NAME = 0;
  MLGO_FUNCTION_FEATURES(FIELD)
#undef FIELD

  void addLoop(const Loop &L) {
    ++loops;
    innermost_loops += L.isInnermost();
    loop_depth = std::max(loop_depth, static_cast<float>(L.getLoopDepth()));
    for (const PHINode &Phi : L.getHeader()->phis()) {
      ++loop_phis;
      loop_pointer_phis += Phi.getType()->isPointerTy();
    }
  }

  void add(const Instruction &I) {
    ++instructions;
    loads += isa<LoadInst>(I);
    stores += isa<StoreInst>(I);
    intrinsics += isa<IntrinsicInst>(I);
    calls += isa<CallBase>(I) && !isa<IntrinsicInst>(I);
    phis += isa<PHINode>(I);
    if (const auto *Address = dyn_cast<GEPOperator>(&I)) {
      ++addresses;
      variable_addresses += !Address->hasAllConstantIndices();
    }
    branches += I.isTerminator() && I.getNumSuccessors() == 2;
    switches += isa<SwitchInst>(I);
    compares += isa<CmpInst>(I);
    casts += isa<CastInst>(I);
    multiplications += I.getOpcode() == Instruction::Mul || I.isIntDivRem();
    selects += isa<SelectInst>(I);
    locals += isa<AllocaInst>(I);
    floats += I.getType()->isFPOrFPVectorTy();
    returns += isa<ReturnInst>(I);
    for (const Value *Operand : I.operand_values())
      if (const auto *Constant = dyn_cast<ConstantInt>(Operand))
        constants += !Constant->getValue().isSignedIntN(8);
  }
};

} // namespace

ArrayRef<StringRef> mlgo::functionFeatures() {
#define NAME(NAME) #NAME,
  static const StringRef Names[] = {MLGO_FUNCTION_FEATURES(NAME)};
#undef NAME
  return Names;
}

void mlgo::describeFunction(const Function &F, const LoopInfo &Loops,
                            MutableArrayRef<float> Values) {
  Counts C;
  C.blocks = static_cast<float>(F.size());
  C.arguments = static_cast<float>(F.arg_size());
  for (const Loop *L : Loops.getLoopsInPreorder())
    C.addLoop(*L);
  for (const BasicBlock &Block : F) {
    if (Loops.getLoopFor(&Block))
      C.loop_instructions += static_cast<float>(Block.size());
    for (const Instruction &I : Block)
      C.add(I);
  }
  size_t Position = 0;
#define WRITE(NAME) Values[Position++] = C.NAME;
  MLGO_FUNCTION_FEATURES(WRITE)
#undef WRITE
}
