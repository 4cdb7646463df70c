//===- trace.cc - The choices along a known plan --------------------------===//

#include "trace.h"

#include "search.h"

#include <algorithm>

namespace telamalloc {

/// Drives a search's own choice of sections, and answers from the plan.
class Tracer {
public:
  Tracer(Search &S, const std::vector<int64_t> &Plan, Trace &Out) : S(S), Plan(Plan), Out(Out) {}

  void run() {
    if (S.RootFails)
      return;
    S.reset({0, 0, Strategy::LearnedEagerness});
    while (S.openLevel() && S.Sky.unplacedCount() > 0) {
      Search::Level &L = S.Levels.back();
      int Answer = answer(L.Section);
      record(L, Answer);
      if (!S.tryOption(L, Answer))
        return;
    }
  }

private:
  /// The buffer that the plan has lowest in a section; -1: none is left.
  int lowest(int Section) const {
    int Lowest = -1;
    const Skyline::Member *M = S.Sky.members(Section);
    for (int K = 0; K < S.Sky.numUnplaced(Section); ++K)
      if (Lowest < 0 || Plan[M[K].Buffer] < Plan[Lowest])
        Lowest = M[K].Buffer;
    return Lowest;
  }

  /// What the plan, pushed down as far as it goes, has at the floor of a section.
  int answer(int Section) const {
    int B = lowest(Section);
    if (S.Sky.rest(B) != S.Sky.floorOf(Section))
      return GapOption;
    for (auto *Inc = S.I.begin(B); Inc != S.I.end(B); ++Inc)
      if (lowest(Inc->Section) != B)
        return GapOption;
    return B;
  }

  void record(const Search::Level &L, int Answer) {
    int Count = L.EndOption - L.FirstOption;
    if (Count <= 2)
      return;
    const int *Options = S.Options.data() + L.FirstOption;
    S.probe(L, Count, Options);
    S.observe(L, Count, Options);
    int64_t Number = Out.Choice.empty() ? 0 : Out.Choice.back() + 1;
    for (int K = 0; K < Count; ++K) {
      Out.Rows.push_back(S.Seen[K]);
      Out.Choice.push_back(Number);
      Out.Label.push_back(Options[K] == Answer);
    }
  }

  Search &S;
  const std::vector<int64_t> &Plan;
  Trace &Out;
};

void trace(const Instance &I, int64_t Capacity, const std::vector<int64_t> &Plan, const Params &P,
           Trace &Out) {
  Params Q = P;
  Q.LearnedOrder = false;
  Q.FailedStates = false;
  Watch Never{[] { return false; }, [] { return false; }};
  Search S(I, Capacity, Q, Never);
  Tracer(S, Plan, Out).run();
}

} // namespace telamalloc
