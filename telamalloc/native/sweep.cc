//===- sweep.cc - A beam search along time --------------------------------===//

#include "sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace telamalloc;

namespace {

/// Puts segments one upon the other; those that end together become one.
class Stack {
public:
  explicit Stack(Front &Out) : Out(Out) { Out.clear(); }
  void add(int Size, int End) {
    if (!Size)
      return;
    if (!Out.empty() && Out.back().End == End)
      Out.back().Size = static_cast<uint16_t>(Out.back().Size + Size);
    else
      Out.push_back({static_cast<uint16_t>(Size), static_cast<uint16_t>(End)});
  }

private:
  Front &Out;
};

} // namespace

Sweep::Sweep(const std::vector<Solid> &Solids, int64_t Capacity, const Params &P)
    : Solids(Solids), P(P), Rng(P.Seed), Unit(unitOf(Solids)),
      Units(static_cast<int>(Capacity / Unit)) {}

bool Sweep::applies(const std::vector<Solid> &Solids, int64_t Capacity) {
  int64_t Unit = unitOf(Solids);
  auto fits = [&](const Solid &S) {
    return Unit % S.Spec.Align == 0 && S.Spec.Release == 0 && S.Spec.Deadline >= Capacity &&
           S.Spec.Size > 0 && S.Lower < S.Upper;
  };
  return Capacity / Unit <= MaxUnits && std::all_of(Solids.begin(), Solids.end(), fits);
}

/// What it costs that neighbours end at different steps. What ends at the next step is as
/// good as a hole.
float Sweep::rough(int A, int B) const {
  if (A <= Now + 1 || B <= Now + 1)
    return 0;
  return std::sqrt(static_cast<float>(std::abs(A - B)));
}

/// All ways to place one more buffer in the lowest hole, or above it where the slack lets it
/// stay open.
void Sweep::expand(Agenda &Plan, int Parent) {
  const State &S = Beam[Parent];
  int Wasted = S.Wasted;
  for (int K = 0; K < S.Count && Wasted <= Plan.slack(Now); ++K) {
    const Segment &X = Segments[S.First + K];
    if (X.End)
      continue;
    fillHole(Plan, Parent, K, Wasted);
    Wasted += X.Size;
  }
}

void Sweep::fillHole(Agenda &Plan, int Parent, int Hole, int Wasted) {
  const State &S = Beam[Parent];
  const Segment *At = Segments.data() + S.First + Hole;
  int Below = Hole ? At[-1].End : 0, Above = Hole + 1 < S.Count ? At[1].End : 0;
  const std::vector<Agenda::Item> &Starts = Plan.starts(Now);
  for (size_t K = 0; K < Starts.size(); ++K) {
    const Agenda::Item &It = Starts[K];
    bool TwinFirst = It.Twin >= 0 && !(S.Done >> It.Twin & 1);
    if (S.Done >> K & 1 || It.Size > At->Size || TwinFirst)
      continue;
    Candidate C{Parent, Wasted, static_cast<int16_t>(Hole), static_cast<int16_t>(K), false, 0};
    bool Fills = It.Size == At->Size;
    C.Score = S.Score + rough(Below, It.End) + (Fills ? rough(It.End, Above) : 0) + noise();
    Candidates.push_back(C);
    if (Fills || Plan.slack(Now) == 0)
      continue;
    C.Top = true;
    C.Score = S.Score + rough(It.End, Above) + noise();
    Candidates.push_back(C);
  }
}

/// Makes the candidate's segments in `Built`; returns the buffer's offset. Holes below the one
/// that is filled are closed for this step; after its last buffer what ends with it is freed.
int Sweep::build(const Candidate &C, const Agenda::Item &It, bool Last) {
  const State &S = Beam[C.Parent];
  Stack To(Built);
  auto add = [&](int Size, int End) { To.add(Size, Last && End <= Now + 1 ? 0 : End); };
  int Low = 0, Offset = 0;
  for (int K = 0; K < S.Count; ++K) {
    const Segment &X = Segments[S.First + K];
    int Rest = X.Size - It.Size;
    if (K != C.Hole) {
      add(X.Size, K < C.Hole && !X.End ? Now + 1 : X.End);
    } else if (C.Top) {
      Offset = Low + Rest;
      add(Rest, 0);
      add(It.Size, It.End);
    } else {
      Offset = Low;
      add(It.Size, It.End);
      add(Rest, 0);
    }
    Low += X.Size;
  }
  return Offset;
}

/// The best candidates that can still be completed become the beam, each state once. Only a
/// front between steps can be rated by the model: until then more are kept than the width.
void Sweep::select(Agenda &Plan, int Width, bool Last) {
  Heap.clear();
  for (size_t K = 0; K < Candidates.size(); ++K)
    Heap.emplace_back(Candidates[K].Score, static_cast<int>(K));
  std::make_heap(Heap.begin(), Heap.end(), std::greater<>());
  Seen.clear();
  Next.clear();
  NextSegments.clear();
  const size_t Most = static_cast<size_t>(Width) * (Last ? RatedPerKept : PartlyFilledPerKept);
  while (!Heap.empty() && Next.size() < Most) {
    const Candidate &C = Candidates[Heap.front().second];
    std::pop_heap(Heap.begin(), Heap.end(), std::greater<>());
    Heap.pop_back();
    const Agenda::Item &It = Plan.starts(Now)[C.Item];
    int Offset = build(C, It, Last);
    uint64_t Done = Beam[C.Parent].Done | uint64_t(1) << C.Item, Hash = mix(Done);
    for (const Segment &X : Built)
      Hash = mix(Hash ^ (uint64_t(X.Size) << 16 | X.End));
    if (!Seen.insert(Hash).second || (!Last && !Plan.fillsHoles(Built, Now, Done, C.Wasted)) ||
        !Plan.fitsAhead(Built, Now))
      continue;
    int Trace = static_cast<int>(Trail.size());
    Trail.push_back({Beam[C.Parent].Trace, It.Buffer, Offset});
    Next.push_back({static_cast<uint32_t>(NextSegments.size()), static_cast<int>(Built.size()),
                    Last ? 0 : C.Wasted, Last ? 0 : Done, Trace, Last ? rate(Plan) : C.Score});
    NextSegments.insert(NextSegments.end(), Built.begin(), Built.end());
  }
  if (Last && Next.size() > static_cast<size_t>(Width)) {
    std::nth_element(Next.begin(), Next.begin() + Width, Next.end(),
                     [](const State &A, const State &B) { return A.Score < B.Score; });
    Next.resize(Width);
  }
  std::swap(Beam, Next);
  std::swap(Segments, NextSegments);
}

/// Of the front that the next step begins with; small: likely to be completed.
float Sweep::rate(const Agenda &Plan) {
  if (Now + 1 == Plan.numSteps())
    return 0;
  float Score = 0;
  ++Now;
  if (P.LearnedOrder) {
    FrontFeatures F = observe(Built, Now, Plan.scale(), Plan.largestAhead(Now));
    const float *Weights = P.FrontModel.empty() ? FrontWeights : P.FrontModel.data();
    Score = std::inner_product(F.begin(), F.end(), Weights, 0.f);
    if (P.Fronts)
      Log.push_back({static_cast<int32_t>(Trail.size()) - 1, Now, F});
  } else {
    for (size_t K = 1; K < Built.size(); ++K)
      Score += rough(Built[K - 1].End, Built[K].End);
  }
  Score += blame() + noise();
  --Now;
  return Score;
}

/// Where runs have died, what ends at that step should lie together.
float Sweep::blame() const {
  float Sum = 0;
  for (auto It = Blamed->lower_bound(Now); It != Blamed->end(); ++It) {
    int Groups = 0;
    for (const Segment &X : Built)
      Groups += X.End == It->first;
    Sum += It->second * float(Groups);
  }
  return Sum;
}

/// Which of the fronts met have become part of a plan?
void Sweep::log(const std::vector<State> &Survivors) {
  std::vector<char> Kept(Trail.size(), 0);
  for (const State &S : Survivors)
    for (int T = S.Trace; T >= 0 && !Kept[T]; T = Trail[T].Parent)
      Kept[T] = 1;
  int64_t Base = P.Fronts->Group.empty() ? 0 : P.Fronts->Group.back() + 1;
  for (const Logged &L : Log) {
    P.Fronts->Rows.push_back(L.Seen);
    P.Fronts->Group.push_back(Base + L.Step);
    P.Fronts->Label.push_back(Kept[L.Trace]);
  }
}

void Sweep::recover(int Trace) {
  Offsets.assign(Solids.size(), 0);
  for (; Trace >= 0; Trace = Trail[Trace].Parent)
    Offsets[Trail[Trace].Buffer] = Trail[Trace].Offset * Unit;
}

bool Sweep::run(const Style &Way, const Watch &W, Counters &C) {
  Agenda Plan(Solids, Unit, Units, Way.Backward);
  for (int S = 0; S < Plan.numSteps(); ++S)
    if (Plan.slack(S) < 0 || Plan.starts(S).size() > MaxStarts)
      return false;
  Noise = Way.Noise;
  Blamed = &Deaths[Way.Backward];
  Trail.clear();
  Log.clear();
  Segments.assign(1, {static_cast<uint16_t>(Units), 0});
  Beam.assign(1, {0, 1, 0, 0, -1, 0});
  size_t Placed = 0;
  for (Now = 0; Now < Plan.numSteps(); ++Now)
    for (size_t Left = Plan.starts(Now).size(); Left > 0; --Left, ++Placed) {
      if (W.TimeUp() || W.Stop())
        return false;
      C.Nodes += static_cast<int64_t>(Beam.size());
      Candidates.clear();
      for (size_t K = 0; K < Beam.size(); ++K)
        expand(Plan, static_cast<int>(K));
      select(Plan, Way.Width, Left == 1);
      if (!Beam.empty())
        continue;
      Deaths[Way.Backward][Now] += BlamePerDeath;
      Progress = std::max(Progress, double(Placed) / double(Solids.size()));
      return false;
    }
  if (P.Fronts)
    log(Beam);
  recover(Beam.front().Trace);
  return true;
}
