//===- search.cc - Branching, backjumping, failed states ------------------===//

#include "search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace telamalloc;

namespace {

constexpr int GapOption = -1;

int highestLevel(const std::vector<Word> &Set) {
  for (int W = static_cast<int>(Set.size()) - 1; W >= 0; --W)
    if (Set[W])
      return W * 64 + 63 - __builtin_clzll(Set[W]);
  return -1;
}

int64_t luby(int64_t I) {
  for (int64_t K = 1;; K <<= 1) {
    if (I == 2 * K - 1)
      return K;
    if (I < 2 * K - 1)
      return luby(I - K + 1);
  }
}

} // namespace

Search::Search(const Instance &I, int64_t Capacity, const Params &P, const Watch &W)
    : I(I), P(P), W(W), Capacity(Capacity), Failed(16), Rng(P.Seed) {
  Sky = std::make_unique<Skyline>(I, Capacity, P.SubsetBound);
  Words = Sky->words();
  Current.assign(Words, 0);
  Scratch.assign(Words, 0);
  Weight.assign(I.NumBuffers, 0);
  Rank.assign(I.NumBuffers, 0);
  SeenBuffer.assign(I.NumBuffers, 0);
  SeenSection.assign(I.NumSections, 0);
  RootFails = !Sky->propagateAll();

  std::vector<int64_t> Total(I.NumSections, 0);
  for (int B = 0; B < I.NumBuffers; ++B)
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc)
      Total[Inc->Section] += Inc->Height;
  std::vector<double> Width, Size, Area, Sum, Degree;
  for (int B = 0; B < I.NumBuffers; ++B) {
    int64_t T = 0;
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc)
      T = std::max(T, Total[Inc->Section]);
    Width.push_back(double(I.Lifetime[B]));
    Size.push_back(double(I.Buffers[B].Size));
    Area.push_back(Width.back() * Size.back());
    Sum.push_back(double(T));
    Degree.push_back(I.degree(B));
  }
  auto normalize = [](std::vector<double> V) {
    // Ranks in [0, 1]: orders can then be combined lexicographically.
    std::vector<int> Index(V.size());
    std::iota(Index.begin(), Index.end(), 0);
    std::stable_sort(Index.begin(), Index.end(), [&](int A, int B) { return V[A] < V[B]; });
    std::vector<double> Out(V.size());
    double R = 0;
    for (size_t K = 0; K < Index.size(); ++K) {
      if (K && V[Index[K]] > V[Index[K - 1]])
        R = double(K);
      Out[Index[K]] = R / double(V.size());
    }
    return Out;
  };
  auto combine = [&](const std::vector<double> &A, const std::vector<double> &B,
                     const std::vector<double> &C) {
    auto X = normalize(A), Y = normalize(B), Z = normalize(C);
    for (size_t K = 0; K < X.size(); ++K)
      X[K] = X[K] * 1e6 + Y[K] * 1e2 + Z[K] * 1e-2;
    return normalize(X);
  };
  Orders = {combine(Width, Area, Sum), combine(Area, Width, Sum),  combine(Size, Width, Sum),
            combine(Sum, Area, Width), combine(Degree, Size, Sum), combine(Sum, Width, Area)};
}

FailedStates::Key Search::keyOf(int Left, int Right) const {
  uint64_t A = 0x1234567, B = 0x89abcde;
  for (int S = Left; S <= Right; ++S) {
    if (!Sky->numUnplaced(S))
      continue;
    uint64_t H = mix(Sky->setKey(S) ^ mix(uint64_t(Sky->floorOf(S)) + (uint64_t(S) << 48)));
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
      if (!Sky->numUnplaced(S))
        continue;
      int First = S;
      int64_t Slack = Sky->slack(S);
      while (S < To && Sky->crossing(S)) {
        ++S;
        if (Sky->numUnplaced(S))
          Slack = std::min(Slack, Sky->slack(S));
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

int Search::chooseSection(int Left, int Right) {
  int Chosen = -1;
  double BestScore = INFINITY;
  int64_t Lowest = INT64_MAX;
  for (int S = Left; S <= Right; ++S)
    if (Sky->numUnplaced(S))
      Lowest = std::min(Lowest, Sky->floorOf(S));
  for (int S = Left; S <= Right; ++S) {
    int Count = Sky->numUnplaced(S);
    if (!Count)
      continue;
    int64_t Floor = Sky->floorOf(S);
    if ((Rule == 0 || Rule == 3) && Floor != Lowest)
      continue;
    const Skyline::Member *M = Sky->members(S);
    int Candidates = 0;
    bool Flat = true;
    int64_t LeastSize = INT64_MAX;
    double Top = 0;
    for (int K = 0; K < Count && Flat; ++K) {
      int B = M[K].Buffer;
      LeastSize = std::min(LeastSize, M[K].Height);
      if (Sky->rest(B) != Floor)
        continue;
      ++Candidates;
      Flat = Sky->isFlat(B);
      Top = std::max(Top, Rank[B]);
    }
    if (!Flat)
      continue;
    double Score = 0;
    double Relative = double(Floor) / double(Capacity);
    double Slack = double(Sky->slack(S)) / double(Capacity);
    int Opts = Candidates + (Sky->slack(S) > 0);
    switch (Rule) {
    case 0: // Lowest floor, then fewest options.
      Score = Relative * 1e4 + Opts + Slack;
      break;
    case 1: // Fewest options, then lowest floor.
      Score = Opts + Relative + Slack * 1e-3;
      break;
    case 2: // Least slack, then fewest options.
      Score = Slack * 1e6 + Opts + Relative;
      break;
    case 3: // Lowest floor, then the first buffer in the order.
      Score = Relative * 1e4 - Top;
      break;
    case 4: // single option first, then lowest floor, then first in order
      Score = (Opts == 1 ? -1e9 : 0) + Relative * 1e4 - Top;
      break;
    case 5:
      Score = (Opts == 1 ? -1e9 : 0) + Slack * 100 + Relative * 1;
      break;
    case 6:
      Score = -Top;
      break;
    case 7:
      Score = (Opts == 1 ? -1e9 : 0) + Relative * 1e4 + Opts;
      break;
    }
    if (Score < BestScore) {
      BestScore = Score;
      Chosen = S;
    }
  }
  return Chosen;
}

void Search::listOptions(Level &L) {
  L.FirstOption = static_cast<int>(Options.size());
  int64_t Floor = Sky->floorOf(L.Section);
  const Skyline::Member *M = Sky->members(L.Section);
  Word *Blame = conflictOf(static_cast<int>(Levels.size()));
  std::fill(Blame, Blame + Words, 0);
  Sky->explainFloor(L.Section, Blame);
  for (int K = 0; K < Sky->numUnplaced(L.Section); ++K) {
    int B = M[K].Buffer;
    if (Sky->rest(B) == Floor)
      Options.push_back(B);
  }
  Sky->explainAbove(L.Section, Floor + 1, Blame);
  std::sort(Options.begin() + L.FirstOption, Options.end(),
            [&](int A, int B) { return Rank[A] != Rank[B] ? Rank[A] > Rank[B] : A < B; });
  Options.push_back(GapOption);
  L.EndOption = static_cast<int>(Options.size());
  L.Next = L.FirstOption;
}

/// If nothing lies at the floor of S, how high does the lowest buffer lie at least?
/// A buffer that could rest at the floor must then lie on one that is not live in S.
int64_t Search::gapFloor(int S) {
  int64_t Floor = Sky->floorOf(S);
  int64_t Least = INT64_MAX;
  const Skyline::Member *M = Sky->members(S);
  Valley.clear();
  ++Stamp;
  for (int K = 0; K < Sky->numUnplaced(S); ++K) {
    int B = M[K].Buffer;
    SeenBuffer[B] = Stamp; // Live in S: no support.
    if (Sky->rest(B) > Floor) {
      Least = std::min(Least, Sky->rest(B));
      continue;
    }
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc) {
      if (SeenSection[Inc->Section] == Stamp)
        continue;
      SeenSection[Inc->Section] = Stamp;
      Valley.push_back(Inc->Section);
    }
  }
  for (int T : Valley) {
    const Skyline::Member *N = Sky->members(T);
    for (int J = 0; J < Sky->numUnplaced(T); ++J)
      if (SeenBuffer[N[J].Buffer] != Stamp)
        Least = std::min(Least, Sky->rest(N[J].Buffer) + N[J].Height);
  }
  return Least;
}

/// Adds why the floor of S rises to `Raised` at least; call after `gapFloor`.
void Search::explainGap(int S, int64_t Raised, Word *Out) {
  int64_t Floor = Sky->floorOf(S);
  const Skyline::Member *M = Sky->members(S);
  if (Raised == Floor + 1)
    return; // Any gap is too much.
  int64_t Least = INT64_MAX;
  for (int K = 0; K < Sky->numUnplaced(S); ++K)
    if (Sky->rest(M[K].Buffer) > Floor)
      Least = std::min(Least, Sky->rest(M[K].Buffer));
  if (Least != INT64_MAX)
    Sky->explainAbove(S, std::min(Least, Raised), Out);
  ++Stamp;
  for (int T : Valley) {
    Sky->explainFloor(T, Out);
    SeenSection[T] = Stamp;
  }
  for (int T : Valley) {
    const Skyline::Member *N = Sky->members(T);
    for (int J = 0; J < Sky->numUnplaced(T); ++J) {
      int Reason = Sky->reason(N[J].Buffer);
      // A support is at least on the valley's floor, which is explained already.
      if (Reason < 0 || SeenSection[Reason] == Stamp || Floor + N[J].Height >= Raised)
        continue;
      SeenSection[Reason] = Stamp;
      Sky->explainFloor(Reason, Out);
    }
  }
}

bool Search::tryOption(Level &L, int Option) {
  int Depth = static_cast<int>(Levels.size()) - 1;
  if (Option != GapOption) {
    if (Sky->place(Option, Depth))
      return true;
    std::copy(Sky->conflict(), Sky->conflict() + Words, Current.begin());
    if (Sky->culprit() >= 0)
      Weight[Sky->culprit()] += 1;
    return false;
  }
  int64_t Floor = gapFloor(L.Section);
  std::fill(Scratch.begin(), Scratch.end(), 0);
  // One byte more than the slack is enough to fail.
  int64_t TooHigh = Capacity - Sky->remaining(L.Section) + 1;
  explainGap(L.Section, std::min(Floor, TooHigh), Scratch.data());
  if (Floor >= TooHigh) {
    Sky->explainFloor(L.Section, Scratch.data());
    Current = Scratch;
    Current[Depth / 64] |= Word(1) << (Depth % 64);
    return false;
  }
  if (Sky->raise(L.Section, Floor, Depth, Scratch.data()))
    return true;
  std::copy(Sky->conflict(), Sky->conflict() + Words, Current.begin());
  return false;
}

/// Starts a new decision. False: the state is known to fail, `Current` says why.
bool Search::openLevel() {
  Level L;
  L.Before = Sky->mark();
  if (!chooseComponent(L.Left, L.Right, L.Outer))
    return true; // Complete.
  if (static_cast<int>(Levels.size()) >= Sky->maxLevel() - 1) {
    Incomplete = true; // Never seen: more gaps than buffers in one branch.
    Current.assign(Words, ~Word(0) >> 1);
    return false;
  }
  if (P.FailedStates) {
    L.Key = keyOf(L.Left, L.Right);
    if (Failed.contains(L.Key)) {
      std::fill(Current.begin(), Current.end(), 0);
      for (int S = L.Left; S <= L.Right; ++S)
        if (Sky->numUnplaced(S))
          Sky->explainFloor(S, Current.data());
      return false;
    }
  }
  L.Section = chooseSection(L.Left, L.Right);
  listOptions(L);
  Levels.push_back(L);
  return true;
}

bool Search::backjump(Counters &C) {
  ++C.Backtracks;
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
    Sky->undo(L.Before);
    Options.resize(L.EndOption);
    Current[Depth / 64] &= ~(Word(1) << (Depth % 64));
    Word *Blame = conflictOf(Depth);
    for (int K = 0; K < Words; ++K)
      Blame[K] |= Current[K];
    if (L.Next < L.EndOption)
      return true;
    if (P.FailedStates && !Incomplete)
      Failed.insert(L.Key);
    std::copy(Blame, Blame + Words, Current.begin());
    Options.resize(L.FirstOption);
    Levels.pop_back();
  }
}

void Search::prepareOrder(const Strategy &S) {
  Rule = S.SectionRule;
  double MaxWeight = 1e-9;
  for (double X : Weight)
    MaxWeight = std::max(MaxWeight, X);
  for (int B = 0; B < I.NumBuffers; ++B) {
    Rank[B] = Orders[S.Order][B] + S.Noise * Rng.uniform();
    if (P.ConflictWeights)
      Rank[B] += 0.5 * Weight[B] / MaxWeight;
  }
}

Outcome Search::attempt(const Strategy &S, int64_t Budget, Counters &C) {
  prepareOrder(S);
  Levels.clear();
  Options.clear();
  Sky->undo({0, 0, 0});
  Conflicts.resize(static_cast<size_t>(Sky->maxLevel()) * Words);
  bool Ok = openLevel();
  for (int64_t Nodes = 0;;) {
    if (Ok && Sky->unplacedCount() == 0)
      return Outcome::Solved;
    if (!Ok && !backjump(C))
      return Incomplete ? Outcome::Budget : Outcome::Infeasible;
    if (Nodes >= Budget)
      return Outcome::Budget;
    ++Nodes;
    ++C.Nodes;
    if ((C.Nodes & 1023) == 0 && (W.TimeUp() || W.Stop()))
      return Outcome::Interrupted;
    Level &L = Levels.back();
    int Option = Options[L.Next++];
    Ok = tryOption(L, Option);
    if (Ok)
      Ok = openLevel();
  }
}

Outcome Search::run(Counters &C) {
  if (RootFails)
    return Outcome::Infeasible;
  if (I.NumBuffers == 0)
    return Outcome::Solved;
  Outcome Result = Outcome::Budget;
  int NumOrders = static_cast<int>(Orders.size());
  for (int64_t Round = 0;; ++Round) {
    Strategy S{static_cast<int>(Round % NumOrders), P.SectionRule >= 0 ? P.SectionRule : 0, 0.0};
    if (P.Order >= 0)
      S.Order = P.Order;
    if (Round >= NumOrders)
      S.Noise = 0.1;
    int64_t Budget = P.Restarts ? P.RestartBase * luby(Round + 1) : INT64_MAX;
    if (P.NodeBudget)
      Budget = std::min(Budget, P.NodeBudget - C.Nodes);
    if (Budget <= 0)
      return Outcome::Budget;
    Result = attempt(S, Budget, C);
    if (Result != Outcome::Budget) {
      C.Winner = S.Order;
      break;
    }
    ++C.Restarts;
  }
  if (Result == Outcome::Solved)
    for (int B = 0; B < I.NumBuffers; ++B)
      Best.push_back(Sky->offset(B));
  return Result == Outcome::Interrupted && !W.Stop() ? Outcome::Budget : Result;
}
