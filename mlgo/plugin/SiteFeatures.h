// What LLVM's ML inline advisor does not look at, and what decides about bytes: who else needs the
// callee, what surrounds the call, and what the callee is made of.
#ifndef MLGO_SITEFEATURES_H
#define MLGO_SITEFEATURES_H

#include "llvm/Analysis/TensorSpec.h"
#include "llvm/IR/InstrTypes.h"
#include <vector>

namespace mlgo {

// Counts stop at SiteFeatureLimit: more makes no difference to a decision, and a decision stays
// cheap in a function of any size.
constexpr int64_t SiteFeatureLimit = 256;

#define MLGO_SITE_FEATURES(M)                                                                      \
  M(callee_is_local)       /* static, or internalised */                                           \
  M(callee_is_discardable) /* gone when nothing refers to it: static, linkonce */                  \
  M(callee_call_sites)     /* direct calls left in the module */                                   \
  M(callee_other_uses)     /* its address is taken: tables, aliases */                             \
  M(callee_instructions)                                                                           \
  M(callee_calls)           /* but for intrinsics */                                               \
  M(callee_memory_accesses) /* loads and stores */                                                 \
  M(callee_allocas)                                                                                \
  M(callee_landing_pads)                                                                           \
  M(callee_exits) /* returns */                                                                    \
  M(callee_parameters)                                                                             \
  M(callee_is_inline_hinted) /* the keyword */                                                     \
  M(callee_is_nounwind)                                                                            \
  M(callee_is_mangled) /* C++ or Rust */                                                           \
  M(caller_is_local)                                                                               \
  M(caller_is_discardable)                                                                         \
  M(caller_instructions)                                                                           \
  M(caller_calls)                                                                                  \
  M(caller_landing_pads)                                                                           \
  M(caller_calls_of_callee)                                                                        \
  M(site_is_invoke)                                                                                \
  M(site_is_tail)       /* its result is returned at once: a jump may do */                        \
  M(site_is_dead_end)   /* unreachable follows */                                                  \
  M(site_is_in_cleanup) /* the block handles an exception */                                       \
  M(site_result_uses)                                                                              \
  M(site_constant_arguments)                                                                       \
  M(site_alloca_arguments)    /* memory of the caller that may become registers */                 \
  M(site_forwarded_arguments) /* the caller's own parameters, in registers already */

/// Their specifications: all int64 of shape {1}.
const std::vector<llvm::TensorSpec> &siteFeatures();

/// Computes them for one call; \p Write gets the position in siteFeatures() and the value.
void computeSiteFeatures(llvm::CallBase &CB, llvm::function_ref<void(size_t, int64_t)> Write);

} // namespace mlgo

#endif
