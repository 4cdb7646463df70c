//===- search.cc - Branching, backjumping, failed states ------------------===//

#include "search.h"

#include <algorithm>
#include <climits>
#include <cmath>

using namespace telamalloc;

namespace {

/// Of the ranks in [0, 1) by which static orders sort.
constexpr double StaticNoise = 0.1;

/// The model is asked at one dead end in so many.
constexpr int DeadEndsPerLook = 32;

/// The latest decision of a set, or -1.
int highestLevel(const std::vector<Word> &Set) {
  for (int W = static_cast<int>(Set.size()) - 1; W >= 0; --W)
    if (Set[W])
      return W * 64 + 63 - __builtin_clzll(Set[W]);
  return -1;
}

/// 1 1 2 1 1 2 4 ... (Luby et al., Information Processing Letters 1993).
int64_t luby(int64_t I) {
  for (int64_t K = 1;; K <<= 1) {
    if (I == 2 * K - 1)
      return K;
    if (I < 2 * K - 1)
      return luby(I - K + 1);
  }
}

} // namespace

const char *const telamalloc::BacktrackFeatureNames[NumBacktrackFeatures] = {
    "depth",        "distance",      "share", "left",  "failures",
    "options_left", "options_tried", "floor", "slack", "blame"};

Search::Search(const Instance &I, int64_t Capacity, const Params &P, const Watch &W)
    : I(I), P(P), W(W), Capacity(Capacity), Sky(I, Capacity, P.SubsetBound), Ranks(I),
      Eye(I, Ranks), Model(P.OrderModel.NumTrees ? P.OrderModel : OrderForest),
      BacktrackModel(P.BacktrackModel.NumTrees ? P.BacktrackModel : BacktrackForest), Failed(16),
      Rng(P.Seed), Words(Sky.words()), Orders(staticOrders(Ranks)), Rank(I.NumBuffers, 0),
      Weight(I.NumBuffers, 0), Conflicts(static_cast<size_t>(Sky.maxLevel()) * Words),
      Current(Words, 0), Scratch(Words, 0), Gaps(I) {
  RootFails = !Sky.propagateAll();
  Root = Sky.mark();
}

std::vector<int64_t> Search::offsets() const {
  std::vector<int64_t> Offsets(I.NumBuffers);
  for (int B = 0; B < I.NumBuffers; ++B)
    Offsets[B] = Sky.offset(B);
  return Offsets;
}

FailedStates::Key Search::keyOf(int Left, int Right) const {
  uint64_t A = 0x1234567, B = 0x89abcde;
  for (int S = Left; S <= Right; ++S) {
    if (!Sky.numUnplaced(S))
      continue;
    uint64_t H = mix(Sky.setKey(S) ^ mix(uint64_t(Sky.floorOf(S)) + (uint64_t(S) << 48)));
    A += H;
    B = (B ^ H) * 0x9ddfea08eb382d69ULL;
    B ^= B >> 29;
  }
  return {A, B};
}

/// Finds sections with work left that no buffer connects to others, within the
/// component of the last decision, or around it once that is done.
bool Search::chooseComponent(int &Left, int &Right, int &Outer) {
  int From = 0, To = I.NumSections - 1;
  Outer = static_cast<int>(Levels.size()) - 1;
  for (;; Outer = Levels[Outer].Outer) {
    if (Outer >= 0)
      From = Levels[Outer].Left, To = Levels[Outer].Right;
    else
      From = 0, To = I.NumSections - 1;
    int64_t BestSlack = INT64_MAX;
    Left = -1;
    for (int S = From; S <= To; ++S) {
      if (!Sky.numUnplaced(S))
        continue;
      int First = S;
      int64_t Slack = Sky.slack(S);
      while (S < To && Sky.crossing(S)) {
        ++S;
        if (Sky.numUnplaced(S))
          Slack = std::min(Slack, Sky.slack(S));
      }
      if (Slack < BestSlack) {
        BestSlack = Slack;
        Left = First;
        Right = S;
      }
    }
    if (Left >= 0)
      return true;
    if (Outer < 0)
      return false;
  }
}

void Search::listOptions(Level &L) {
  L.FirstOption = static_cast<int>(Options.size());
  int64_t Floor = Sky.floorOf(L.Section);
  const Skyline::Member *M = Sky.members(L.Section);
  for (int K = 0; K < Sky.numUnplaced(L.Section); ++K)
    if (Sky.rest(M[K].Buffer) == Floor)
      Options.push_back(M[K].Buffer);
  // Members move about in their list; the answer must not depend on it.
  std::sort(Options.begin() + L.FirstOption, Options.end(),
            [&](int A, int B) { return Rank[A] != Rank[B] ? Rank[A] > Rank[B] : A < B; });
  Options.push_back(GapOption);
  L.EndOption = static_cast<int>(Options.size());
  L.Next = L.FirstOption;
  if (L.EndOption - L.FirstOption > 2) {
    if (Now.Order == Strategy::LearnedOrder || P.Probe > 0)
      sortOptions(L);
  }
  Word *Blame = conflictOf(static_cast<int>(Levels.size()));
  std::fill(Blame, Blame + Words, 0);
  Sky.explainFloor(L.Section, Blame);
  Sky.explainAbove(L.Section, Floor + 1, Blame);
}

/// What each option would do: does it fail at once, and how far does it raise floors
/// over nothing?
void Search::probe(const Level &L, int Count, const int *Begin) {
  Probes.resize(Count);
  int Depth = static_cast<int>(Levels.size());
  for (int K = 0; K < Count; ++K) {
    double Before = Sky.wasted();
    bool Ok;
    if (Begin[K] == GapOption) {
      int64_t Floor = Gaps.floorAbove(Sky, L.Section);
      std::fill(Scratch.begin(), Scratch.end(), 0);
      Ok = Floor <= Capacity - Sky.remaining(L.Section) &&
           Sky.raise(L.Section, Floor, Depth, Scratch.data());
    } else {
      Ok = Sky.place(Begin[K], Depth);
    }
    Probes[K] = {!Ok, Sky.wasted() - Before};
    Sky.undo(L.Before);
  }
}

/// Puts first what promises most. With noise, options are drawn in proportion to
/// their probability (Gumbel's trick).
void Search::sortOptions(Level &L) {
  int Count = L.EndOption - L.FirstOption;
  int *Begin = Options.data() + L.FirstOption;
  probe(L, Count, Begin);
  bool Learned = Now.Order == Strategy::LearnedOrder;
  if (Learned)
    observe(L, Count, Begin);
  Scored.clear();
  for (int K = 0; K < Count; ++K) {
    double Score;
    if (Learned)
      Score = Model.score(Seen[K].data());
    else
      Score = (Begin[K] == GapOption ? -P.Probe : P.Probe * Rank[Begin[K]]) - Probes[K].Waste -
              1e9 * Probes[K].Fails;
    if (Learned && Now.Noise > 0)
      Score -= Now.Noise * std::log(-std::log(Rng.uniform() + 1e-300) + 1e-300);
    Scored.emplace_back(-Score, K);
  }
  std::sort(Scored.begin(), Scored.end());
  for (auto &[Score, K] : Scored)
    K = Begin[K];
  for (int K = 0; K < Count; ++K)
    Begin[K] = Scored[K].second;
}

void Search::observe(const Level &L, int Count, const int *Begin) {
  Eye.observe(Sky, L.Section, Begin, Count, Seen);
  double Least = 1e3;
  for (int K = 0; K < Count; ++K)
    if (!Probes[K].Fails)
      Least = std::min(Least, Probes[K].Waste);
  for (int K = 0; K < Count; ++K) {
    Seen[K][24] = Probes[K].Fails;
    Seen[K][25] = float(Probes[K].Fails ? 1e3 : Probes[K].Waste);
    Seen[K][26] = float(Probes[K].Fails ? 1e3 : Probes[K].Waste - Least);
    Seen[K][27] = Begin[K] == GapOption ? 0 : float(Rank[Begin[K]]);
  }
}

bool Search::tryOption(const Level &L, int Option) {
  int Depth = static_cast<int>(Levels.size()) - 1;
  if (Option == GapOption)
    return tryGap(L, Depth);
  if (Sky.place(Option, Depth))
    return true;
  setCurrent(Sky.conflict());
  if (Sky.culprit() >= 0)
    Weight[Sky.culprit()] += 1;
  return false;
}

bool Search::tryGap(const Level &L, int Depth) {
  int64_t Floor = Gaps.floorAbove(Sky, L.Section);
  // One byte more than the slack is enough to fail.
  int64_t TooHigh = Capacity - Sky.remaining(L.Section) + 1;
  std::fill(Scratch.begin(), Scratch.end(), 0);
  Gaps.explain(Sky, L.Section, std::min(Floor, TooHigh), Scratch.data());
  if (Floor < TooHigh) {
    if (Sky.raise(L.Section, Floor, Depth, Scratch.data()))
      return true;
    setCurrent(Sky.conflict());
    return false;
  }
  Sky.explainFloor(L.Section, Scratch.data());
  setCurrent(Scratch.data());
  Current[Depth / 64] |= Word(1) << (Depth % 64);
  return false;
}

/// Starts a new decision. False: the state is known to fail, `Current` says why.
bool Search::openLevel() {
  Level L;
  L.Before = Sky.mark();
  if (!chooseComponent(L.Left, L.Right, L.Outer))
    return true; // Complete.
  if (static_cast<int>(Levels.size()) >= Sky.maxLevel() - 1) {
    // Never seen: more gaps than buffers in one branch.
    giveUpOn(static_cast<int>(Levels.size()) - 1);
    Current.assign(Words, ~Word(0) >> 1);
    return false;
  }
  if (P.FailedStates) {
    // Without backjumping the failure of another component is charged to this one.
    L.Key = P.Backjumping ? keyOf(L.Left, L.Right) : keyOf(0, I.NumSections - 1);
    if (Failed.contains(L.Key)) {
      std::fill(Current.begin(), Current.end(), 0);
      for (int S = L.Left; S <= L.Right; ++S)
        if (Sky.numUnplaced(S))
          Sky.explainFloor(S, Current.data());
      return false;
    }
  }
  L.Section = pickSection(Sky, L.Left, L.Right, Now.Eagerness);
  listOptions(L);
  L.Serial = NextSerial++;
  L.Backtracks = Backtracks;
  L.Unplaced = Sky.unplacedCount();
  L.Floor = float(double(Sky.floorOf(L.Section)) / double(Capacity));
  L.Slack = float(double(Sky.slack(L.Section)) / double(Capacity));
  L.Cut = Incomplete;
  FewestLeft = std::min(FewestLeft, L.Unplaced);
  Levels.push_back(L);
  return true;
}

bool Search::backjump(Counters &C) {
  Backtracks = ++C.Backtracks;
  if (!P.Backjumping) {
    std::fill(Current.begin(), Current.end(), 0);
    for (size_t D = 0; D < Levels.size(); ++D)
      Current[D / 64] |= Word(1) << (D % 64);
  }
  for (;;) {
    int Depth = highestLevel(Current);
    if (Depth < 0)
      return false;
    if (Depth + 1 < static_cast<int>(Levels.size()))
      ++C.MajorBacktracks;
    Levels.resize(Depth + 1);
    Level &L = Levels.back();
    Sky.undo(L.Before);
    Options.resize(L.EndOption);
    Current[Depth / 64] &= ~(Word(1) << (Depth % 64));
    Word *Blame = conflictOf(Depth);
    for (int K = 0; K < Words; ++K)
      Blame[K] |= Current[K];
    if (L.Next < L.EndOption) {
      if ((P.LearnedBacktracking || P.DeadEnds) && C.Backtracks % DeadEndsPerLook == 0)
        jumpFurther(C);
      return true;
    }
    if (P.FailedStates && !L.Cut)
      Failed.insert(L.Key);
    std::copy(Blame, Blame + Words, Current.begin());
    Options.resize(L.FirstOption);
    Levels.pop_back();
  }
}

/// Nothing that fails from here up is refuted.
void Search::giveUpOn(int Depth) {
  Incomplete = true;
  for (int D = 0; D <= Depth; ++D)
    Levels[D].Cut = true;
}

/// Asks the model about decisions ever further back, and undoes the earliest one of
/// which it holds that nothing will come.
void Search::jumpFurther(Counters &C) {
  int From = static_cast<int>(Levels.size()) - 1;
  std::vector<int> Targets;
  for (int Distance = 1; Distance <= From; Distance *= 2)
    if (Levels[From - Distance].Next < Levels[From - Distance].EndOption)
      Targets.push_back(From - Distance);
  if (P.DeadEnds)
    rememberDeadEnd(Targets, From, C);
  if (!P.LearnedBacktracking || !BacktrackModel.NumTrees)
    return;
  int Chosen = -1;
  for (int Target : Targets)
    if (BacktrackModel.score(describe(Target, From, C).data()) > P.GiveUp)
      Chosen = Target;
  if (Chosen < 0)
    return;
  ++C.MajorBacktracks;
  giveUpOn(Chosen);
  Levels.resize(Chosen + 1);
  Sky.undo(Levels.back().Before);
  Options.resize(Levels.back().EndOption);
}

BacktrackFeatures Search::describe(int Depth, int From, const Counters &C) {
  const Level &L = Levels[Depth];
  const Word *Blame = conflictOf(From);
  bool Blamed = Blame[Depth / 64] >> (Depth % 64) & 1;
  float All = float(I.NumBuffers);
  return {float(Depth),
          float(From - Depth),
          float(From - Depth) / float(From + 1),
          float(L.Unplaced) / All,
          float(std::log2(1 + C.Backtracks - L.Backtracks)),
          float(L.EndOption - L.Next),
          float(L.Next - L.FirstOption),
          L.Floor,
          L.Slack,
          Blamed + 2 * float(FewestLeft) / All};
}

void Search::rememberDeadEnd(const std::vector<int> &Targets, int From, const Counters &C) {
  for (int Target : Targets) {
    P.DeadEnds->Pending.push_back(describe(Target, From, C));
    P.DeadEnds->PendingDecisions.push_back({Target, Levels[Target].Serial, Levels[Target].Next});
  }
}

/// Now that there is a plan: which of the decisions met at dead ends are part of it?
void Search::labelDeadEnds() {
  BacktrackTrace &T = *P.DeadEnds;
  for (size_t K = 0; K < T.Pending.size(); ++K) {
    const BacktrackTrace::Decision &D = T.PendingDecisions[K];
    bool Kept = D.Depth < static_cast<int>(Levels.size()) && Levels[D.Depth].Serial == D.Serial &&
                Levels[D.Depth].Next == D.Next;
    T.Rows.push_back(T.Pending[K]);
    T.Label.push_back(!Kept);
  }
}

void Search::reset(const Strategy &S) {
  Now = S;
  Incomplete = false;
  FewestLeft = I.NumBuffers;
  NextSerial = 0;
  if (P.DeadEnds) {
    P.DeadEnds->Pending.clear();
    P.DeadEnds->PendingDecisions.clear();
  }
  double Largest = 1e-9;
  for (double X : Weight)
    Largest = std::max(Largest, X);
  bool Learned = S.Order == Strategy::LearnedOrder;
  for (int B = 0; B < I.NumBuffers; ++B) {
    Rank[B] = Learned ? Orders[0][B] : Orders[S.Order][B] + S.Noise * Rng.uniform();
    if (P.ConflictWeights)
      Rank[B] += 0.5 * Weight[B] / Largest;
  }
  Levels.clear();
  Options.clear();
  Sky.undo(Root);
}

Outcome Search::attempt(const Strategy &S, int64_t Budget, Counters &C) {
  reset(S);
  bool Ok = openLevel();
  for (int64_t Nodes = 0;;) {
    if (Ok && Sky.unplacedCount() == 0) {
      if (P.DeadEnds)
        labelDeadEnds();
      return Outcome::Solved;
    }
    if (!Ok && !backjump(C))
      return Incomplete ? Outcome::Budget : Outcome::Infeasible;
    if (Nodes >= Budget)
      return Outcome::Budget;
    ++Nodes;
    ++C.Nodes;
    if ((C.Nodes & 255) == 0 && (W.TimeUp() || W.Stop()))
      return Outcome::Interrupted;
    Level &L = Levels.back();
    Ok = tryOption(L, Options[L.Next++]) && openLevel();
  }
}

/// The static orders and the learned one take turns; each is without noise at first.
Strategy Search::strategyOf(int64_t Round) const {
  bool Learned = P.LearnedOrder && Model.NumTrees;
  int64_t Turn = Learned ? Round / 2 : Round;
  if (P.Order >= 0)
    return {P.Order, Round ? StaticNoise : 0, Strategy::StaticEagerness};
  if (Learned && Round % 2 == 1)
    return {Strategy::LearnedOrder, Turn ? P.Noise : 0, Strategy::LearnedEagerness};
  int Order = static_cast<int>(Turn % NumOrders);
  return {Order, Turn >= NumOrders ? StaticNoise : 0, Strategy::StaticEagerness};
}

Outcome Search::run(Counters &C) {
  if (RootFails)
    return Outcome::Infeasible;
  int64_t Limit = P.NodeBudget ? P.NodeBudget : INT64_MAX;
  for (;; ++Round) {
    Strategy S = strategyOf(Round);
    int64_t Budget =
        P.Restarts ? P.RestartBase * luby((P.LearnedOrder ? Round / 2 : Round) + 1) : INT64_MAX;
    Budget = std::min(Budget, Limit - C.Nodes);
    if (Budget <= 0)
      return Outcome::Budget;
    Outcome Result = attempt(S, Budget, C);
    C.Winner = S.Order;
    if (Result == Outcome::Interrupted)
      return W.Stop() ? Result : Outcome::Budget;
    if (Result != Outcome::Budget)
      return Result;
    ++C.Restarts;
  }
}
