//===- sweep.cc - A beam search along time --------------------------------===//

#include "sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

using namespace telamalloc;

namespace {

int64_t unitOf(const std::vector<Solid> &Solids) {
  int64_t Unit = 0;
  for (const Solid &S : Solids)
    Unit = std::gcd(Unit, S.Spec.Size);
  return std::max<int64_t>(Unit, 1);
}

} // namespace

Sweep::Sweep(const std::vector<Solid> &Solids, int64_t Capacity, uint64_t Seed)
    : Solids(Solids), Rng(Seed), Unit(unitOf(Solids)), Units(static_cast<int>(Capacity / Unit)) {}

bool Sweep::applies(const std::vector<Solid> &Solids, int64_t Capacity) {
  int64_t Unit = unitOf(Solids);
  auto fits = [&](const Solid &S) {
    return Unit % S.Spec.Align == 0 && S.Spec.Release == 0 && S.Spec.Deadline >= Capacity &&
           S.Spec.Size > 0 && S.Lower < S.Upper;
  };
  return Capacity / Unit <= MaxUnits && std::all_of(Solids.begin(), Solids.end(), fits);
}

/// Sorts the buffers into steps; a step begins wherever buffers begin.
void Sweep::prepare(bool Backward) {
  auto lower = [&](const Solid &S) { return Backward ? -S.Upper : S.Lower; };
  auto upper = [&](const Solid &S) { return Backward ? -S.Lower : S.Upper; };
  std::vector<int64_t> Times;
  for (const Solid &S : Solids)
    Times.push_back(lower(S));
  std::sort(Times.begin(), Times.end());
  Times.erase(std::unique(Times.begin(), Times.end()), Times.end());
  auto stepOf = [&](int64_t T) {
    return static_cast<int32_t>(std::lower_bound(Times.begin(), Times.end(), T) - Times.begin());
  };
  Steps.assign(Times.size(), Step());
  for (Step &S : Steps)
    S.Slack = Units;
  for (size_t B = 0; B < Solids.size(); ++B) {
    Item It{static_cast<int32_t>(B), static_cast<int32_t>(Solids[B].Spec.Size / Unit),
            stepOf(upper(Solids[B]))};
    int At = stepOf(lower(Solids[B]));
    Steps[At].Starts.push_back(It);
    for (int T = At; T < It.End; ++T)
      Steps[T].Slack -= It.Size;
  }
  int64_t Cells = static_cast<int64_t>(Steps.size()) * (Units + 1);
  Horizon = static_cast<int>(std::min(MaxHorizon, MaxSums / Cells));
  for (int At = 0; At < static_cast<int>(Steps.size()); ++At)
    prepareComing(At);
}

void Sweep::prepareComing(int At) {
  int Last = std::min<int>(At + Horizon, static_cast<int>(Steps.size()) - 1);
  for (int T = At + 1; T <= Last; ++T) {
    std::vector<int32_t> Sizes;
    for (int From = At + 1; From <= T; ++From)
      for (const Item &It : Steps[From].Starts)
        if (It.End > T)
          Sizes.push_back(It.Size);
    Steps[At].Coming.push_back(sums(Sizes));
  }
}

Sweep::Sums Sweep::sums(const std::vector<int32_t> &Sizes) const {
  std::vector<char> Reached(Units + 1, 0);
  Reached[0] = 1;
  for (int32_t Size : Sizes)
    for (int X = Units; X >= Size; --X)
      Reached[X] |= Reached[X - Size];
  Sums Best(Units + 1, 0);
  for (int X = 1; X <= Units; ++X)
    Best[X] = Reached[X] ? static_cast<uint16_t>(X) : Best[X - 1];
  return Best;
}

const Sweep::Sums &Sweep::left(Step &S, uint64_t Done) {
  auto [It, New] = S.Left.try_emplace(Done);
  if (New) {
    std::vector<int32_t> Sizes;
    for (size_t K = 0; K < S.Starts.size(); ++K)
      if (!(Done >> K & 1))
        Sizes.push_back(S.Starts[K].Size);
    It->second = sums(Sizes);
  }
  return It->second;
}

/// All ways to place one more buffer in the lowest hole, or above it where the slack lets it
/// stay open.
void Sweep::expand(const State &S) {
  int Low = 0, Wasted = S.Wasted;
  for (int K = 0; K <= S.Count; ++K) {
    int High = K < S.Count ? Segments[S.First + K].Low : Units;
    if (High > Low) {
      fillHole(S, K, Low, High, Wasted);
      Wasted += High - Low;
      if (Wasted > Steps[S.Step].Slack)
        return;
    }
    if (K < S.Count)
      Low = Segments[S.First + K].High;
  }
}

void Sweep::fillHole(const State &S, int At, int Low, int High, int Wasted) {
  const Step &Now = Steps[S.Step];
  for (size_t K = 0; K < Now.Starts.size(); ++K) {
    const Item &It = Now.Starts[K];
    if (S.Done >> K & 1 || It.Size > High - Low)
      continue;
    addChild(S, At, It, Low, uint64_t(1) << K, Wasted);
    if (Now.Slack > 0 && It.Size < High - Low)
      addChild(S, At, It, High - It.Size, uint64_t(1) << K, Wasted);
  }
}

void Sweep::addChild(const State &S, int At, const Item &It, int Offset, uint64_t Bit, int Wasted) {
  State New = S;
  New.Done |= Bit;
  New.Wasted = Wasted;
  Scratch.clear();
  // Holes that are left open below are closed for this step.
  int Low = 0;
  auto add = [&](Segment X) {
    if (!Scratch.empty() && Scratch.back().High == X.Low && Scratch.back().End == X.End)
      Scratch.back().High = X.High;
    else
      Scratch.push_back(X);
  };
  for (int K = 0; K < S.Count; ++K) {
    Segment X = Segments[S.First + K];
    if (K < At && X.Low > Low)
      add({Low, X.Low, S.Step + 1});
    if (K == At)
      add({Offset, Offset + It.Size, It.End});
    add(X);
    Low = X.High;
  }
  if (At == S.Count)
    add({Offset, Offset + It.Size, It.End});
  if (!holesFit(New, Scratch))
    return;
  if (static_cast<size_t>(__builtin_popcountll(New.Done)) == Steps[S.Step].Starts.size()) {
    if (!futureFits(S.Step, Scratch))
      return;
    finish(New);
  }
  rate(New, Scratch);
  New.First = NextSegments.size();
  New.Count = static_cast<int32_t>(Scratch.size());
  NextSegments.insert(NextSegments.end(), Scratch.begin(), Scratch.end());
  Next.push_back(New);
  Pending.push_back({S.Trace, It.Buffer, Offset});
}

/// On to the next step: frees what ends there.
void Sweep::finish(State &S) {
  ++S.Step;
  S.Done = 0;
  S.Wasted = 0;
  size_t Kept = 0;
  for (const Segment &X : Scratch)
    if (X.End > S.Step)
      Scratch[Kept++] = X;
  Scratch.resize(Kept);
}

/// Whether what starts now fills the holes up to the slack.
bool Sweep::holesFit(const State &S, const std::vector<Segment> &Segs) {
  Step &Now = Steps[S.Step];
  int Missing = static_cast<int>(Now.Starts.size()) - __builtin_popcountll(S.Done);
  if (Missing > MaxLeft)
    return true;
  const Sums &Best = left(Now, S.Done);
  int Low = 0, Wasted = S.Wasted;
  for (const Segment &X : Segs) {
    Wasted += X.Low - Low - Best[X.Low - Low];
    Low = X.High;
  }
  return Wasted + Units - Low - Best[Units - Low] <= Now.Slack;
}

/// The same for the coming steps: between what is live there already, coming buffers stack.
bool Sweep::futureFits(int At, const std::vector<Segment> &Segs) const {
  const std::vector<Sums> &Coming = Steps[At].Coming;
  for (size_t D = 0; D < Coming.size(); ++D) {
    int T = At + 1 + static_cast<int>(D), Low = 0, Wasted = 0;
    const Sums &Best = Coming[D];
    for (const Segment &X : Segs)
      if (X.End > T) {
        Wasted += X.Low - Low - Best[X.Low - Low];
        Low = X.High;
      }
    if (Wasted + Units - Low - Best[Units - Low] > Steps[T].Slack)
      return false;
  }
  return true;
}

/// Small: neighbours end at about the same step.
void Sweep::rate(State &S, const std::vector<Segment> &Segs) {
  double Rough = 0;
  uint64_t Hash = mix(S.Done ^ (uint64_t(S.Step) << 32));
  for (size_t K = 0; K < Segs.size(); ++K) {
    const Segment &X = Segs[K];
    Hash = mix(Hash ^ uint64_t(X.Low) ^ (uint64_t(X.High) << 20) ^ (uint64_t(X.End) << 40));
    if (K && Segs[K - 1].High == X.Low)
      Rough += std::sqrt(double(std::abs(Segs[K - 1].End - X.End)));
  }
  S.Hash = Hash;
  S.Score = Rough + Noise * Rng.uniform();
}

/// The best of `Next` become the beam, each state once.
void Sweep::select(int Width) {
  using Rated = std::pair<double, int>;
  std::vector<Rated> Heap;
  for (size_t K = 0; K < Next.size(); ++K)
    Heap.emplace_back(Next[K].Score, static_cast<int>(K));
  std::make_heap(Heap.begin(), Heap.end(), std::greater<Rated>());
  std::unordered_set<uint64_t> Seen;
  Beam.clear();
  Segments.clear();
  while (!Heap.empty() && static_cast<int>(Beam.size()) < Width) {
    std::pop_heap(Heap.begin(), Heap.end(), std::greater<Rated>());
    int K = Heap.back().second;
    Heap.pop_back();
    State S = Next[K];
    if (!Seen.insert(S.Hash).second)
      continue;
    S.Trace = static_cast<int32_t>(Trail.size());
    Trail.push_back(Pending[K]);
    size_t First = Segments.size();
    Segments.insert(Segments.end(), NextSegments.begin() + S.First,
                    NextSegments.begin() + S.First + S.Count);
    S.First = First;
    Beam.push_back(S);
  }
}

void Sweep::recover(int Trace) {
  Offsets.assign(Solids.size(), 0);
  for (; Trace >= 0; Trace = Trail[Trace].Parent)
    Offsets[Trail[Trace].Buffer] = Trail[Trace].Offset * Unit;
}

bool Sweep::run(const Style &Way, const Watch &W, Counters &C) {
  prepare(Way.Backward);
  for (const Step &S : Steps)
    if (S.Slack < 0 || S.Starts.size() > MaxStarts)
      return false;
  Noise = Way.Noise;
  Trail.clear();
  Segments.clear();
  Beam = {{0, 0, 0, 0, 0, -1, 0, 0}};
  for (size_t Placed = 0; Placed < Solids.size(); ++Placed) {
    if (W.TimeUp() || W.Stop())
      return false;
    C.Nodes += static_cast<int64_t>(Beam.size());
    Next.clear();
    NextSegments.clear();
    Pending.clear();
    for (const State &S : Beam)
      expand(S);
    select(Way.Width);
    if (Beam.empty())
      return false;
  }
  recover(Beam.front().Trace);
  return true;
}
