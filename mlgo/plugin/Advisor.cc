#include "Advisor.h"
#include "llvm/Analysis/InlineModelFeatureMaps.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Format.h"

using namespace llvm;
using mlgo::Choice;
using mlgo::Policy;
using mlgo::Session;

namespace {

constexpr char RemarkPass[] = "mlgo-inline";

std::string toText(float Logit) {
  std::string Text;
  raw_string_ostream(Text) << format("%.3f", Logit);
  return Text;
}

class Advisor final : public MLInlineAdvisor {
public:
  Advisor(Session &S, Module &M, FunctionAnalysisManager &FAM, InlineParams Params,
          InlineContext Context)
      : MLInlineAdvisor(M, S.MAM, policyFor(S, M, Context), [](CallBase &) { return false; }), S(S),
        Default(M, FAM, Params, Context) {
    S.open(M);
  }
  ~Advisor() override { S.close(); }

private:
  // Past its growth limit LLVM's ML advisor refuses every call. The default's decision is the
  // better one, so it takes over.
  std::unique_ptr<InlineAdvice> getAdviceImpl(CallBase &CB) override {
    return isForcedToStop() ? Default.getAdvice(CB) : MLInlineAdvisor::getAdviceImpl(CB);
  }

  std::unique_ptr<MLInlineAdvice> getAdviceFromModel(CallBase &CB,
                                                     OptimizationRemarkEmitter &ORE) override {
    const Function &Caller = *CB.getCaller(), &Callee = *CB.getCalledFunction();
    bool DefaultDecision = defaultDecision(CB);
    auto &P = static_cast<Policy &>(*ModelRunner);
    P.observe(CB);
    Choice C = S.decide(P, Caller.getName(), Callee.getName(), DefaultDecision);
    ORE.emit([&] {
      return OptimizationRemark(RemarkPass, C.Inline ? "Inline" : "Keep", &CB)
             << (C.Inline ? "inline " : "keep the call of ") << ore::NV("Callee", &Callee) << " in "
             << ore::NV("Caller", &Caller) << ": score " << ore::NV("Score", toText(C.Logit))
             << ", LLVM's default would "
             << ore::NV("Default", DefaultDecision ? "inline" : "keep");
    });
    return std::make_unique<MLInlineAdvice>(this, CB, ORE, C.Inline);
  }

  bool defaultDecision(CallBase &CB) {
    std::unique_ptr<InlineAdvice> Advice = Default.getAdvice(CB);
    Advice->recordUnattemptedInlining();
    return Advice->isInliningRecommended();
  }

#if LLVM_VERSION_MAJOR >= 22
  static std::function<std::unique_ptr<MLModelRunner>(const std::vector<TensorSpec> &)>
  policyFor(Session &S, Module &M, const InlineContext &Context) {
    return [&](const std::vector<TensorSpec> &Features) {
      return Policy::create(M.getContext(), S.O, Features, precedesLink(Context));
    };
  }
#else
  static std::unique_ptr<MLModelRunner> policyFor(Session &S, Module &M,
                                                  const InlineContext &Context) {
#define SPEC(TYPE, SHAPE, NAME, HELP) TensorSpec::createSpec<TYPE>(#NAME, SHAPE),
    std::vector<TensorSpec> Features{INLINE_COST_FEATURE_ITERATOR(SPEC)
                                         INLINE_FEATURE_ITERATOR(SPEC)};
#undef SPEC
    return Policy::create(M.getContext(), S.O, Features, precedesLink(Context));
  }
#endif

  static bool precedesLink(const InlineContext &Context) {
    return Context.LTOPhase == ThinOrFullLTOPhase::FullLTOPreLink;
  }

  Session &S;
  DefaultInlineAdvisor Default;
};

} // namespace

std::unique_ptr<InlineAdvisor> mlgo::createAdvisor(Session &S, Module &M,
                                                   FunctionAnalysisManager &FAM,
                                                   InlineParams Params, InlineContext Context) {
  return std::make_unique<Advisor>(S, M, FAM, Params, Context);
}
