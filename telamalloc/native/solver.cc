//===- solver.cc - Fit under a capacity, or find the least peak -----------===//

#include "solver.h"

#include "packing.h"
#include "search.h"

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

Outcome solvePart(const Instance &I, int64_t Capacity, const Params &P, const Watch &W, Counters &C,
                  std::vector<int64_t> &Offsets) {
  if (P.Greedy && bestOfOrders(I, Capacity, Offsets) <= Capacity)
    return Outcome::Solved;
  Search S(I, Capacity, P, W);
  Outcome Result = S.run(C);
  if (Result == Outcome::Solved)
    Offsets = S.offsets();
  return Result;
}

void keep(const Instance &I, const std::vector<int64_t> &Offsets, Answer &A) {
  for (int B = 0; B < I.NumBuffers; ++B)
    A.Offsets[I.Original[B]] = Offsets[B];
}

} // namespace

Answer telamalloc::solve(const std::vector<BufferSpec> &Buffers, const std::vector<Piece> &Pieces,
                         int64_t Capacity, const Params &P, const Watch &W) {
  Answer A;
  std::vector<Instance> Parts = buildInstances(Buffers, Pieces);
  A.Parts = static_cast<int>(Parts.size());
  A.Offsets.assign(Buffers.size(), 0);
  A.Result = Outcome::Solved;
  for (const Instance &I : Parts)
    A.LowerBound = std::max(A.LowerBound, lowerBound(I));
  for (const Instance &I : Parts) {
    std::vector<int64_t> Offsets;
    Outcome Result = solvePart(I, Capacity, P, W, A.Count, Offsets);
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
  Answer A;
  std::vector<Instance> Parts = buildInstances(Buffers, Pieces);
  A.Parts = static_cast<int>(Parts.size());
  A.Offsets.assign(Buffers.size(), 0);
  A.Result = Outcome::Solved;
  int64_t Peak = 0;
  for (const Instance &I : Parts)
    A.LowerBound = std::max(A.LowerBound, lowerBound(I));
  for (const Instance &I : Parts) {
    int64_t Bound = std::max(lowerBound(I), Peak);
    std::vector<int64_t> Best;
    int64_t High = bestOfOrders(I, Bound, Best);
    while (High > Bound) {
      int64_t Target = Bound + (High - Bound) / 2;
      std::vector<int64_t> Offsets;
      Params Q = P;
      if (!Q.NodeBudget)
        Q.NodeBudget = 200000;
      Counters C;
      Search S(I, Target, Q, W);
      Outcome Result = S.run(C);
      A.Count.Nodes += C.Nodes;
      if (Result == Outcome::Solved) {
        Best = S.offsets();
        High = peakOf(I, Best);
      } else if (Result == Outcome::Infeasible) {
        Bound = Target + 1;
      } else {
        break;
      }
    }
    if (High == INT64_MAX || High > Capacity) {
      A.Result = Outcome::Budget;
      break;
    }
    Peak = std::max(Peak, High);
    A.LowerBound = std::max(A.LowerBound, Bound);
    keep(I, Best, A);
  }
  if (A.Result != Outcome::Solved)
    A.Offsets.clear();
  return A;
}
