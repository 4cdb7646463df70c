// The pass plugin: registers the advisor factory with every optimisation pipeline.
#include "Advisor.h"
#include "RegAlloc.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Passes/PassBuilder.h"
#if LLVM_VERSION_MAJOR >= 22
#include "llvm/Plugins/PassPlugin.h"
#else
#include "llvm/Passes/PassPlugin.h"
#endif

#if LLVM_VERSION_MAJOR < 22
// A data symbol that later releases lack: weak, so that the release check (Release.cc) can speak.
__asm__(".weak _ZN4llvm27PluginInlineAdvisorAnalysis17HasBeenRegisteredE");
#endif

using namespace llvm;

namespace {

// The factory is a plain function that is not told its pipeline. A pipeline is set up and run in
// one thread (ThinLTO's back ends run many at once), hence one session a thread.
thread_local std::unique_ptr<mlgo::Session> Current;

InlineAdvisor *makeAdvisor(Module &M, FunctionAnalysisManager &FAM, InlineParams Params,
                           InlineContext Context) {
  return mlgo::createAdvisor(*Current, M, FAM, Params, Context).release();
}

void registerAdvisor(PassBuilder &PB) {
  PB.registerAnalysisRegistrationCallback([](ModuleAnalysisManager &MAM) {
    mlgo::checkRegAlloc();
    Current = std::make_unique<mlgo::Session>(MAM);
    if (Current->O.Policy == mlgo::PolicyKind::Off)
      return;
    MAM.registerPass([] { return PluginInlineAdvisorAnalysis(makeAdvisor); });
  });
}

#if LLVM_VERSION_MAJOR >= 22
bool beforeCodeGen(Module &M, TargetMachine &TM, CodeGenFileType, raw_pwrite_stream &) {
  if (Current)
    Current->explored(M, TM);
  return false; // the compiler generates the code
}
#endif

} // namespace

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT PassPluginLibraryInfo llvmGetPassPluginInfo() {
  mlgo::registerRegAlloc();
#if LLVM_VERSION_MAJOR >= 22
  return {LLVM_PLUGIN_API_VERSION, "mlgo", MLGO_VERSION, registerAdvisor, beforeCodeGen};
#else
  return {LLVM_PLUGIN_API_VERSION, "mlgo", MLGO_VERSION, registerAdvisor};
#endif
}
