//===- solver.cc - Fit under a capacity, or find the least peak -----------===//

#include "solver.h"

#include "filler.h"
#include "packing.h"
#include "search.h"
#include "sweep.h"

#include <algorithm>

using namespace telamalloc;

namespace {

int64_t peakOf(const Instance &I, const std::vector<int64_t> &Offsets) {
  int64_t Peak = 0;
  for (int B = 0; B < I.NumBuffers; ++B)
    Peak = std::max(Peak, Offsets[B] + I.Buffers[B].Size);
  return Peak;
}

int64_t lowerBound(const Instance &I) {
  int64_t Bound = largestLiveSum(I);
  for (const BufferSpec &B : I.Buffers)
    Bound = std::max(Bound, B.Release + B.Size);
  return Bound;
}

std::vector<Solid> solidsOf(const std::vector<BufferSpec> &Buffers,
                            const std::vector<Piece> &Pieces) {
  std::vector<Solid> Solids;
  for (const BufferSpec &B : Buffers)
    Solids.push_back({INT64_MAX, INT64_MIN, B});
  for (const Piece &P : Pieces) {
    Solid &S = Solids[P.Buffer];
    S.Lower = std::min(S.Lower, P.Lower);
    S.Upper = std::max(S.Upper, P.Upper);
  }
  for (Solid &S : Solids)
    if (S.Lower > S.Upper)
      S.Lower = S.Upper = 0; // Nothing but gaps.
  return Solids;
}

/// Beyond this many buffers in one part the search is too slow to be of use.
constexpr int SearchLimit = 3000;
constexpr int GreedyRounds = 3;
constexpr int LoweringRounds = 60;
constexpr int Forever = INT32_MAX;

Outcome searchPart(const Instance &I, int64_t Capacity, const Params &P, const Watch &W,
                   Counters &C, std::vector<int64_t> &Offsets) {
  if (I.NumBuffers > SearchLimit)
    return lowerBound(I) > Capacity ? Outcome::Infeasible : Outcome::Budget;
  Search S(I, Capacity, P, W);
  Outcome Result = S.run(C);
  if (Result == Outcome::Solved)
    Offsets = S.offsets();
  return Result;
}

bool hasGaps(const std::vector<BufferSpec> &Buffers, const std::vector<Piece> &Pieces) {
  if (Pieces.size() != Buffers.size())
    return true;
  for (const Piece &P : Pieces)
    if (P.Height != Buffers[P.Buffer].Size)
      return true;
  return false;
}

/// A sweep knows no gaps.
Params withoutSweepsOfGaps(Params P, const std::vector<BufferSpec> &Buffers,
                           const std::vector<Piece> &Pieces) {
  P.TimeSweep = P.TimeSweep && !hasGaps(Buffers, Pieces);
  return P;
}

double freeShare(const std::vector<Solid> &Solids, int64_t Capacity) {
  double Used = 0;
  int64_t First = INT64_MAX, Last = INT64_MIN;
  for (const Solid &S : Solids) {
    Used += double(S.Spec.Size) * double(S.Upper - S.Lower);
    First = std::min(First, S.Lower);
    Last = std::max(Last, S.Upper);
  }
  return 1 - Used / (double(Capacity) * double(Last - First));
}

/// The search along memory and the sweep along time take turns; what one is blind to, the
/// other often finds.
class Portfolio {
public:
  Portfolio(const Instance &I, const std::vector<Solid> &Own, int64_t Capacity, const Params &P,
            const Watch &W)
      : P(P), W(W), Own(Own), Capacity(Capacity - Capacity % unitOf(Own)),
        Free(freeShare(Own, Capacity)), Slice(P), Along(I, Capacity, Slice, W), Rng(P.Seed) {}

  Outcome run(Counters &C, std::vector<int64_t> &Offsets) {
    for (int Turn = 0;; ++Turn) {
      const int Doublings = std::min(Turn, MaxDoublings);
      const bool SweepsGoFar = Progress > FarEnough && Free < MuchFree;
      const int64_t Nodes = Turn == 0 ? FirstSlice : SweepsGoFar ? ShortSlice : LongSlice;
      Slice.NodeBudget = limited(C.Nodes + (Nodes << Doublings));
      const Outcome Result = Along.run(C);
      if (Result == Outcome::Solved)
        Offsets = Along.offsets();
      if (Result != Outcome::Budget || over(C))
        return Result;
      if (sweep(FirstWidth << Doublings, Turn ? Noise : 0, C, Offsets))
        return Outcome::Solved;
    }
  }

private:
  // Measured on training instances.
  static constexpr double FarEnough = 0.25; ///< A sweep that gets so far deserves more turns,
  static constexpr double MuchFree = 0.07;  ///< unless so much is free: it has to guess where.
  static constexpr int64_t FirstSlice = 3000, LongSlice = 12000, ShortSlice = 100;
  static constexpr int FirstWidth = 16;
  static constexpr int MaxDoublings = 8;
  static constexpr double Noise = 8;
  static constexpr double Moving = 0.5; ///< Share of what is free that may lie elsewhere in a step.
  static constexpr int RunsOfSweep = 3; ///< Forth, back and, knowing more, forth.
  static constexpr size_t MostFilled = 2; ///< Times as many solids as buffers.

  int64_t limited(int64_t Nodes) const {
    return P.NodeBudget ? std::min(Nodes, P.NodeBudget) : Nodes;
  }
  bool over(const Counters &C) const {
    return W.TimeUp() || W.Stop() || (P.NodeBudget && C.Nodes >= P.NodeBudget);
  }

  /// In both directions, with what is free filled anew.
  bool sweep(int Width, double Noise, Counters &C, std::vector<int64_t> &Offsets) {
    std::vector<Solid> All = Own;
    for (const Solid &S : fillersOf(Own, Capacity, Noise > 0 ? Moving : 0, Rng))
      All.push_back(S);
    if (All.size() > Own.size() * MostFilled)
      return false;
    Sweep Forth(All, false, Rng.next()), Back(All, true, Rng.next());
    for (int Run = 0; Run < RunsOfSweep; ++Run) {
      Sweep &This = Run % 2 ? Back : Forth, &Other = Run % 2 ? Forth : Back;
      if (This.run({Width, Noise}, Other, W, C)) {
        Offsets = This.offsets();
        Offsets.resize(Own.size());
        return true;
      }
      Progress = std::max(Progress, This.progress());
    }
    return false;
  }

  const Params &P;
  const Watch &W;
  const std::vector<Solid> &Own;
  int64_t Capacity;
  double Free;  ///< Share of the memory, over time.
  Params Slice; ///< With the nodes of this turn.
  Search Along;
  Random Rng;
  double Progress = 0; ///< Of the sweeps.
};

void keep(const Instance &I, const std::vector<int64_t> &Offsets, Answer &A) {
  for (int B = 0; B < I.NumBuffers; ++B)
    A.Offsets[I.Original[B]] = Offsets[B];
}

std::vector<Solid> solidsOf(const Instance &I, const std::vector<Solid> &Solids) {
  std::vector<Solid> Own;
  for (int Row : I.Original)
    Own.push_back(Solids[Row]);
  return Own;
}

Outcome fitPart(const Instance &I, const std::vector<Solid> &Solids, int64_t Capacity,
                const Params &P, const Watch &W, Counters &C, std::vector<int64_t> &Offsets) {
  std::vector<Solid> Own = solidsOf(I, Solids);
  if (!P.TimeSweep || !P.Restarts || I.NumBuffers > SearchLimit || !Sweep::applies(Own, Capacity))
    return searchPart(I, Capacity, P, W, C, Offsets);
  return Portfolio(I, Own, Capacity, P, W).run(C, Offsets);
}

/// A plan without search, for the part alone.
int64_t packPart(const Instance &I, const std::vector<Solid> &Solids, int64_t Target, int Rounds,
                 const Params &P, const Watch &W, std::vector<int64_t> &Offsets) {
  std::vector<Solid> Own = solidsOf(I, Solids);
  Packer Pack(Own);
  int64_t Peak = Pack.run(Target, Rounds, P.Seed, W);
  if (Peak != INT64_MAX)
    Offsets = Pack.offsets();
  return Peak;
}

/// With this capacity more is of no use: a plan's buffers can all be moved down until each
/// lies on another or on its least offset.
int64_t ceilingOf(const Instance &I) {
  int64_t Release = 0, Sum = 0;
  for (const BufferSpec &B : I.Buffers) {
    Release = std::max(Release, B.Release);
    Sum += B.Size + B.Align;
  }
  return Release + Sum;
}

/// Lowers a part's peak: with a small budget, halves what lies between the bound and the
/// peak while the search answers; then again with a larger one.
class Lowering {
public:
  Lowering(const Instance &I, const std::vector<Solid> &Solids, int64_t Floor, int64_t Capacity,
           const Params &P, const Watch &W)
      : I(I), Solids(Solids), P(P), W(W), Bound(lowerBound(I)), Floor(Floor),
        Ceiling(std::min(Capacity, ceilingOf(I))) {
    const int Rounds = isLarge() ? GreedyRounds : LoweringRounds;
    High = std::min(packPart(I, Solids, least(), Rounds, P, W, Best), Ceiling + 1);
  }

  /// Nothing is left to be won here, or nothing can be.
  bool done() const { return High <= least() || Exhausted; }

  /// Spends one budget, and more the next time.
  void round(Counters &C) {
    if (isLarge()) {
      packOn();
      return;
    }
    for (int64_t Low = least(); Low < High && !over(C);) {
      int64_t Target = High > Ceiling ? std::min(2 * Low, Ceiling) : Low + (High - Low) / 2;
      std::vector<int64_t> Offsets;
      Outcome Result = ask(Target, Budget, C, Offsets);
      if (Result == Outcome::Solved) {
        Best = Offsets;
        High = peakOf(I, Best);
      } else {
        Low = Target + 1;
        if (Result == Outcome::Infeasible)
          Bound = std::max(Bound, Low);
        if (High <= Ceiling && High - Low < (High - Bound) / 16)
          break; // A larger budget is of more use than the last bytes.
      }
    }
    Budget *= 4;
  }

  bool solved() const { return !Best.empty() && High <= Ceiling; }
  const std::vector<int64_t> &offsets() const { return Best; }
  int64_t peak() const { return High; }
  /// INT64_MAX: no capacity is enough.
  int64_t bound() const { return Bound > Ceiling ? INT64_MAX : Bound; }
  bool over(const Counters &C) const {
    return W.TimeUp() || W.Stop() || (P.NodeBudget && C.Nodes >= P.NodeBudget);
  }

private:
  static constexpr int64_t FirstBudget = 4000;

  bool isLarge() const { return I.NumBuffers > SearchLimit; }
  /// Below this peak nothing is won: another part is as high, or there is a proof.
  int64_t least() const { return std::max(Bound, Floor); }

  /// Without search, until the time is up.
  void packOn() {
    std::vector<int64_t> Offsets;
    const int64_t Peak = packPart(I, Solids, least(), Forever, P, W, Offsets);
    if (Peak < High) {
      High = Peak;
      Best = Offsets;
    }
    Exhausted = true;
  }

  Outcome ask(int64_t Target, int64_t Nodes, Counters &C, std::vector<int64_t> &Offsets) {
    Params Q = P;
    Q.NodeBudget = C.Nodes + Nodes;
    if (P.NodeBudget)
      Q.NodeBudget = std::min(Q.NodeBudget, P.NodeBudget);
    return fitPart(I, Solids, Target, Q, W, C, Offsets);
  }

  const Instance &I;
  const std::vector<Solid> &Solids;
  const Params &P;
  const Watch &W;
  int64_t Bound;
  const int64_t Floor, Ceiling;
  int64_t High, Budget = FirstBudget;
  bool Exhausted = false;
  std::vector<int64_t> Best;
};

/// Sections of very many buffers would take too much memory.
constexpr size_t PartLimit = 50'000;

/// The whole as one, without search.
Answer packAll(const std::vector<Solid> &Solids, int64_t Target, const Params &P, const Watch &W) {
  Answer A;
  A.Parts = 1;
  A.LowerBound = largestLiveSum(Solids);
  Packer Pack(Solids);
  int64_t Peak = Pack.run(std::max(Target, A.LowerBound), Forever, P.Seed, W);
  A.Result = W.Stop() ? Outcome::Interrupted : Outcome::Budget;
  if (Peak != INT64_MAX)
    A.Offsets = Pack.offsets();
  return A;
}

int64_t peakOf(const std::vector<Solid> &Solids, const std::vector<int64_t> &Offsets) {
  int64_t Peak = 0;
  for (size_t B = 0; B < Offsets.size(); ++B)
    Peak = std::max(Peak, Offsets[B] + Solids[B].Spec.Size);
  return Peak;
}

} // namespace

Answer telamalloc::solve(const std::vector<BufferSpec> &Buffers, const std::vector<Piece> &Pieces,
                         int64_t Capacity, const Params &P, const Watch &W) {
  std::vector<Solid> Solids = solidsOf(Buffers, Pieces);
  if (Buffers.size() > PartLimit) {
    Answer A = packAll(Solids, Capacity, P, W);
    if (!hasGaps(Buffers, Pieces) && A.LowerBound > Capacity)
      A.Result = Outcome::Infeasible;
    else if (!A.Offsets.empty() && peakOf(Solids, A.Offsets) <= Capacity)
      A.Result = Outcome::Solved;
    if (A.Result != Outcome::Solved)
      A.Offsets.clear();
    return A;
  }
  Answer A;
  std::vector<Instance> Parts = buildInstances(Buffers, Pieces);
  A.Parts = static_cast<int>(Parts.size());
  A.Offsets.assign(Buffers.size(), 0);
  A.Result = Outcome::Solved;
  for (const Instance &I : Parts)
    A.LowerBound = std::max(A.LowerBound, lowerBound(I));
  const Params Q = withoutSweepsOfGaps(P, Buffers, Pieces);
  for (const Instance &I : Parts) {
    std::vector<int64_t> Offsets;
    int Rounds = I.NumBuffers > SearchLimit ? Forever : GreedyRounds;
    Outcome Result = Outcome::Solved;
    if (lowerBound(I) > Capacity)
      Result = Outcome::Infeasible;
    else if (!P.Greedy || packPart(I, Solids, Capacity, Rounds, P, W, Offsets) > Capacity)
      Result = fitPart(I, Solids, Capacity, Q, W, A.Count, Offsets);
    if (Result == Outcome::Solved) {
      keep(I, Offsets, A);
      continue;
    }
    // A proof for one part settles the whole; without one, a later part may bring it.
    A.Result = Result;
    if (Result != Outcome::Budget)
      break;
  }
  if (A.Result != Outcome::Solved)
    A.Offsets.clear();
  return A;
}

Answer telamalloc::minimize(const std::vector<BufferSpec> &Buffers,
                            const std::vector<Piece> &Pieces, int64_t Capacity, const Params &P,
                            const Watch &W) {
  std::vector<Solid> Solids = solidsOf(Buffers, Pieces);
  if (Buffers.size() > PartLimit) {
    Answer A = packAll(Solids, 0, P, W);
    if (hasGaps(Buffers, Pieces))
      A.LowerBound = 0;
    if (!A.Offsets.empty() && peakOf(Solids, A.Offsets) <= Capacity)
      A.Result = Outcome::Solved;
    else
      A.Offsets.clear();
    return A;
  }
  Answer A;
  std::vector<Instance> Parts = buildInstances(Buffers, Pieces);
  A.Parts = static_cast<int>(Parts.size());
  A.Offsets.assign(Buffers.size(), 0);
  A.Result = Outcome::Solved;
  int64_t Floor = 0;
  for (const Instance &I : Parts)
    Floor = std::max(Floor, lowerBound(I)); // No part need be lower than the highest bound.
  const Params Q = withoutSweepsOfGaps(P, Buffers, Pieces);
  std::vector<Lowering> Lower;
  for (const Instance &I : Parts)
    Lower.emplace_back(I, Solids, Floor, Capacity, Q, W);
  // The highest part alone says how much memory it takes.
  auto highest = [&] {
    return std::max_element(Lower.begin(), Lower.end(), [](const Lowering &X, const Lowering &Y) {
      return X.peak() < Y.peak();
    });
  };
  for (auto Part = highest(); !Lower.empty() && !Part->done() && !Part->over(A.Count);
       Part = highest())
    Part->round(A.Count);
  A.LowerBound = Floor;
  for (size_t K = 0; K < Parts.size(); ++K) {
    A.LowerBound = std::max(A.LowerBound, Lower[K].bound());
    if (Lower[K].solved())
      keep(Parts[K], Lower[K].offsets(), A);
    else
      A.Result = Outcome::Budget;
  }
  if (A.LowerBound > Capacity)
    A.Result = Outcome::Infeasible;
  else if (A.Result == Outcome::Budget && W.Stop())
    A.Result = Outcome::Interrupted;
  if (A.Result != Outcome::Solved)
    A.Offsets.clear();
  return A;
}
