// Refuses to run inside another LLVM release than the plugin was built for. LLVM's C++ interface
// changes with every major release: going on would be a guess.
#include "llvm/Config/llvm-config.h"
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

namespace {

using GetVersion = void(unsigned *Major, unsigned *Minor, unsigned *Patch);
using RunInterruptHandlers = void();

template <typename Function> Function *find(const char *Symbol) {
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, Symbol));
}

/// Runs before all other initialisation of the library (init_priority), because even a
/// command-line option is laid out differently in another release.
struct ReleaseCheck {
  ReleaseCheck() {
    unsigned Major = 0, Minor = 0, Patch = 0;
    if (auto *Version = find<GetVersion>("LLVMGetVersion"))
      Version(&Major, &Minor, &Patch);
    if (Major == LLVM_VERSION_MAJOR)
      return;
    std::fprintf(
        stderr,
        "error: mlgo: this plugin was built for LLVM %d, but the compiler is LLVM %u.%u.%u\n"
        "hint: build it for this compiler: mlgo plugin build --release %u\n",
        LLVM_VERSION_MAJOR, Major, Minor, Patch, Major);
    // llvm::sys::RunInterruptHandlers removes the compiler's unfinished files.
    if (auto *CleanUp = find<RunInterruptHandlers>("_ZN4llvm3sys20RunInterruptHandlersEv"))
      CleanUp();
    std::_Exit(1);
  }
};

[[gnu::init_priority(101)]] ReleaseCheck Check;

} // namespace
