//===- packing.cc - Fast plans without search -----------------------------===//

#include "packing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace telamalloc;

namespace {

int64_t alignUp(int64_t Value, int64_t Align) { return (Value + Align - 1) & ~(Align - 1); }

std::vector<int> byStart(const std::vector<Solid> &Solids) {
  std::vector<int> Order(Solids.size());
  std::iota(Order.begin(), Order.end(), 0);
  std::sort(Order.begin(), Order.end(), [&](int A, int B) {
    return Solids[A].Lower != Solids[B].Lower ? Solids[A].Lower < Solids[B].Lower : A < B;
  });
  return Order;
}

} // namespace

int64_t telamalloc::largestLiveSum(const std::vector<Solid> &Solids) {
  std::vector<std::pair<int64_t, int64_t>> Changes;
  Changes.reserve(2 * Solids.size());
  for (const Solid &S : Solids) {
    Changes.emplace_back(S.Lower, S.Spec.Size);
    Changes.emplace_back(S.Upper, -S.Spec.Size); // Negative: sorts before starts.
  }
  std::sort(Changes.begin(), Changes.end());
  int64_t Sum = 0, Most = 0;
  for (auto &[Time, Change] : Changes)
    Most = std::max(Most, Sum += Change);
  return Most;
}

Packer::Packer(const std::vector<Solid> &Solids) : Solids(Solids), Offsets(Solids.size(), -1) {
  listOverlaps();
}

/// The largest live sum during each solid's life, as a share of the largest of all.
std::vector<double> Packer::contention() const {
  std::vector<int64_t> Times;
  for (const Solid &S : Solids)
    Times.insert(Times.end(), {S.Lower, S.Upper});
  std::sort(Times.begin(), Times.end());
  Times.erase(std::unique(Times.begin(), Times.end()), Times.end());
  auto at = [&](int64_t T) {
    return std::lower_bound(Times.begin(), Times.end(), T) - Times.begin();
  };
  // Table[K][T]: the largest sum of the 2^K steps from T on.
  std::vector<std::vector<int64_t>> Table(1, std::vector<int64_t>(Times.size() + 1, 0));
  for (const Solid &S : Solids) {
    Table[0][at(S.Lower)] += S.Spec.Size;
    Table[0][at(S.Upper)] -= S.Spec.Size;
  }
  std::partial_sum(Table[0].begin(), Table[0].end(), Table[0].begin());
  double Most = double(std::max<int64_t>(1, *std::max_element(Table[0].begin(), Table[0].end())));
  for (size_t Step = 1; 2 * Step <= Times.size(); Step *= 2) {
    const std::vector<int64_t> &Last = Table.back();
    std::vector<int64_t> Next(Last.size() - Step);
    for (size_t T = 0; T < Next.size(); ++T)
      Next[T] = std::max(Last[T], Last[T + Step]);
    Table.push_back(std::move(Next));
  }
  std::vector<double> Share;
  for (const Solid &S : Solids) {
    size_t From = at(S.Lower), To = at(S.Upper);
    if (From == To) {
      Share.push_back(0);
      continue;
    }
    int K = 63 - __builtin_clzll(To - From);
    int64_t Sum = std::max(Table[K][From], Table[K][To - (size_t(1) << K)]);
    Share.push_back(double(Sum) / Most);
  }
  return Share;
}

/// Runs through time with the list of those live; gives up where there are too many pairs.
void Packer::listOverlaps() {
  std::vector<int> Order = byStart(Solids);
  std::vector<int64_t> Degree(Solids.size() + 1, 0);
  std::vector<int> Live;
  auto sweep = [&](auto Visit) {
    Live.clear();
    for (int B : Order) {
      size_t Kept = 0;
      for (int L : Live)
        if (Solids[L].Upper > Solids[B].Lower)
          Live[Kept++] = L;
      Live.resize(Kept);
      for (int L : Live)
        Visit(B, L);
      if (First.empty() && Degree[Solids.size()] > MaxOverlaps)
        return false;
      Live.push_back(B);
    }
    return true;
  };
  int64_t &Total = Degree[Solids.size()];
  if (!sweep([&](int A, int B) { ++Degree[A], ++Degree[B], Total += 2; }))
    return;
  First.assign(Solids.size() + 1, 0);
  for (size_t B = 0; B < Solids.size(); ++B)
    First[B + 1] = First[B] + Degree[B];
  Others.resize(First.back());
  std::vector<int64_t> At(First.begin(), First.end() - 1);
  sweep([&](int A, int B) {
    Others[At[A]++] = B;
    Others[At[B]++] = A;
  });
  Listed = true;
}

int64_t Packer::firstFit() {
  std::iota(Order.begin(), Order.end(), 0);
  std::stable_sort(Order.begin(), Order.end(),
                   [&](int A, int B) { return Priority[A] > Priority[B]; });
  std::fill(Offsets.begin(), Offsets.end(), -1);
  std::vector<std::pair<int64_t, int64_t>> Taken;
  int64_t Peak = 0;
  for (int B : Order) {
    Taken.clear();
    for (int64_t K = First[B]; K < First[B + 1]; ++K)
      if (Offsets[Others[K]] >= 0)
        Taken.emplace_back(Offsets[Others[K]], Offsets[Others[K]] + Solids[Others[K]].Spec.Size);
    std::sort(Taken.begin(), Taken.end());
    const BufferSpec &Spec = Solids[B].Spec;
    int64_t At = alignUp(Spec.Release, Spec.Align);
    for (auto &[From, To] : Taken) {
      if (At + Spec.Size <= From)
        break;
      At = std::max(At, alignUp(To, Spec.Align));
    }
    Offsets[B] = At;
    Peak = std::max(Peak, At + Spec.Size);
  }
  return Peak;
}

/// Places buffers as they start, each into the smallest hole that holds it; or, by end,
/// beside the neighbour that ends at most like it, so that holes grow together again.
int64_t Packer::bestFitInTime(bool ByEnd) {
  struct Block {
    int64_t Offset;
    int64_t End;
    int64_t Upper;
    int Buffer;
    bool operator<(const Block &Other) const { return Offset < Other.Offset; }
  };
  std::vector<int> Order = byStart(Solids);
  std::vector<int> Ends(Order);
  std::sort(Ends.begin(), Ends.end(), [&](int A, int B) {
    return Solids[A].Upper != Solids[B].Upper ? Solids[A].Upper < Solids[B].Upper : A < B;
  });
  std::vector<Block> Live;
  size_t NextEnd = 0;
  int64_t Peak = 0;
  for (int B : Order) {
    const Solid &S = Solids[B];
    for (; Solids[Ends[NextEnd]].Upper <= S.Lower; ++NextEnd) {
      Block Gone{Offsets[Ends[NextEnd]], 0, 0, 0};
      Live.erase(std::lower_bound(Live.begin(), Live.end(), Gone));
    }
    int64_t Floor = S.Spec.Release, BestAt = -1;
    double BestCost = INFINITY;
    int64_t BelowUpper = S.Upper;
    for (size_t K = 0; K <= Live.size(); ++K) {
      int64_t At = alignUp(Floor, S.Spec.Align);
      bool Top = K == Live.size();
      int64_t Room = Top ? INT64_MAX : Live[K].Offset - At;
      if (Room >= S.Spec.Size) {
        int64_t AboveUpper = Top ? S.Upper : Live[K].Upper;
        double Cost =
            ByEnd ? double(std::min(std::abs(BelowUpper - S.Upper), std::abs(AboveUpper - S.Upper)))
                  : double(Room - S.Spec.Size);
        if (Top)
          Cost = BestAt < 0 ? 0 : INFINITY; // Only where there is no hole.
        if (Cost < BestCost)
          BestCost = Cost, BestAt = At;
      }
      if (!Top && Live[K].End > Floor)
        Floor = Live[K].End, BelowUpper = Live[K].Upper;
    }
    Block New{BestAt, BestAt + S.Spec.Size, S.Upper, B};
    Live.insert(std::lower_bound(Live.begin(), Live.end(), New), New);
    Offsets[B] = BestAt;
    Peak = std::max(Peak, New.End);
  }
  return Peak;
}

bool Packer::keepIfBetter(int64_t Peak) {
  if (Peak >= BestPeak)
    return false;
  for (size_t B = 0; B < Solids.size(); ++B)
    if (Offsets[B] + Solids[B].Spec.Size > Solids[B].Spec.Deadline)
      return false;
  BestPeak = Peak;
  Best = Offsets;
  return true;
}

int64_t Packer::run(int64_t Target, int Rounds, uint64_t Seed, const Watch &W) {
  if (!Listed) {
    for (bool ByEnd : {false, true})
      if (!W.TimeUp() && !W.Stop() && BestPeak > Target)
        keepIfBetter(bestFitInTime(ByEnd));
    return BestPeak;
  }
  Order.resize(Solids.size());
  Priority.resize(Solids.size());
  Blame.resize(Solids.size());
  Random Rng(Seed);
  // Each kind goes on for as long as it gets better, with some patience.
  constexpr int Patience = 12;
  for (int Round = 0, Kind = 0; Round < Rounds; Kind = (Kind + 1) % NumKinds) {
    prioritize(Kind);
    int64_t Lowest = INT64_MAX;
    for (int Since = 0; Since < Patience && Round < Rounds; ++Since, ++Round) {
      int64_t Peak = firstFit();
      keepIfBetter(Peak);
      if (BestPeak <= Target || W.TimeUp() || W.Stop())
        return BestPeak;
      if (Peak < Lowest)
        Lowest = Peak, Since = 0;
      promote(Target, Rng);
    }
  }
  return BestPeak;
}

void Packer::prioritize(int Kind) {
  if (Share.empty())
    Share = contention();
  std::fill(Blame.begin(), Blame.end(), 0);
  for (size_t B = 0; B < Solids.size(); ++B) {
    double Size = std::log2(double(Solids[B].Spec.Size));
    double Life = std::log2(double(Solids[B].Upper - Solids[B].Lower) + 1);
    double Phase = std::floor(Share[B] * 10) * 100; // TelaMalloc's contention phases.
    const double Kinds[NumKinds] = {Phase + Size, Phase + Life,        Size,
                                    Size + Life,  Phase + Size + Life, Life};
    Priority[B] = Kinds[Kind];
  }
}

/// Moves those that end too high forward, further each time it happens again.
void Packer::promote(int64_t Target, Random &Rng) {
  for (size_t B = 0; B < Solids.size(); ++B) {
    int64_t End = Offsets[B] + Solids[B].Spec.Size;
    if (End <= Target && End <= Solids[B].Spec.Deadline)
      continue;
    Blame[B] = 2 * Blame[B] + 0.5 + Rng.uniform();
    Priority[B] += Blame[B];
  }
}

int64_t telamalloc::unitOf(const std::vector<Solid> &Solids) {
  int64_t Unit = 0;
  for (const Solid &S : Solids)
    Unit = std::gcd(Unit, S.Spec.Size);
  return std::max<int64_t>(Unit, 1);
}
