// Puts a policy where LLVM's inliner asks for advice.
#ifndef MLGO_ADVISOR_H
#define MLGO_ADVISOR_H

#include "Session.h"
#include "llvm/Analysis/MLInlineAdvisor.h"

namespace mlgo {

/// LLVM's MLInlineAdvisor computes the features and keeps the inliner legal; the policy of the
/// session decides.
std::unique_ptr<llvm::InlineAdvisor> createAdvisor(Session &S, llvm::Module &M,
                                                   llvm::FunctionAnalysisManager &FAM,
                                                   llvm::InlineParams Params,
                                                   llvm::InlineContext Context);

} // namespace mlgo

#endif
