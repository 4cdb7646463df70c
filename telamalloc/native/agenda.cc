//===- agenda.cc - What starts when, and what holes it can fill -----------===//

#include "agenda.h"

#include "random.h"

#include <algorithm>
#include <tuple>

using namespace telamalloc;

namespace {

/// Packs items, the largest first, into bins, by trying; true as well when the budget is spent.
class BinPacking {
public:
  BinPacking(const std::vector<int32_t> &Items, std::vector<int> Bins, int Budget)
      : Items(Items), Bins(std::move(Bins)), Budget(Budget) {}

  bool run(size_t At = 0, size_t Last = 0) {
    if (At == Items.size() || --Budget < 0)
      return true;
    // Equal items are interchangeable: the later one goes no further down.
    size_t From = At && Items[At - 1] == Items[At] ? Last : 0;
    for (size_t B = From; B < Bins.size(); ++B) {
      if (Bins[B] < Items[At] ||
          std::find(Bins.begin() + From, Bins.begin() + B, Bins[B]) != Bins.begin() + B)
        continue;
      Bins[B] -= Items[At];
      bool Fits = run(At + 1, B);
      Bins[B] += Items[At];
      if (Fits)
        return true;
    }
    return false;
  }

private:
  const std::vector<int32_t> &Items;
  std::vector<int> Bins;
  int Budget;
};

} // namespace

Agenda::Agenda(const std::vector<Solid> &Solids, int64_t Unit, int Units, bool Backward)
    : Units(Units) {
  listStarts(Solids, Unit, Backward);
  int64_t Cells = static_cast<int64_t>(Steps.size()) * (Units + 1);
  int Horizon = static_cast<int>(std::min(MaxHorizon, MaxSums / Cells));
  for (int Now = 0; Now < numSteps(); ++Now)
    prepareAhead(Now, Horizon);
  Scale.Units = Units;
  Scale.MeanSize = 0;
  for (const Step &S : Steps) {
    Scale.Starts.push_back(static_cast<int>(S.Starts.size()));
    for (const Item &It : S.Starts)
      Scale.MeanSize += double(It.Size) / double(Solids.size());
  }
}

void Agenda::listStarts(const std::vector<Solid> &Solids, int64_t Unit, bool Backward) {
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
  Steps.resize(Times.size());
  for (Step &S : Steps)
    S.Slack = Units;
  for (size_t B = 0; B < Solids.size(); ++B) {
    Item It{static_cast<int32_t>(B), static_cast<int32_t>(Solids[B].Spec.Size / Unit),
            stepOf(upper(Solids[B])), -1};
    int At = stepOf(lower(Solids[B]));
    Steps[At].Starts.push_back(It);
    for (int T = At; T < It.End; ++T)
      Steps[T].Slack -= It.Size;
  }
  for (Step &S : Steps) {
    auto key = [](const Item &It) { return std::make_tuple(-It.Size, It.End, It.Buffer); };
    std::sort(S.Starts.begin(), S.Starts.end(),
              [&](const Item &A, const Item &B) { return key(A) < key(B); });
    for (size_t K = 1; K < S.Starts.size(); ++K)
      if (S.Starts[K].Size == S.Starts[K - 1].Size && S.Starts[K].End == S.Starts[K - 1].End)
        S.Starts[K].Twin = static_cast<int32_t>(K - 1);
  }
}

void Agenda::prepareAhead(int Now, int Horizon) {
  int Last = std::min(Now + Horizon, numSteps() - 1);
  for (int T = Now + 1; T <= Last; ++T) {
    Coming C;
    for (int From = Now + 1; From <= T; ++From)
      for (const Item &It : Steps[From].Starts)
        if (It.End > T)
          C.Sizes.push_back(It.Size);
    std::sort(C.Sizes.begin(), C.Sizes.end(), std::greater<>());
    C.Best = sums(C.Sizes);
    Steps[Now].Ahead.push_back(std::move(C));
  }
}

Agenda::Sums Agenda::sums(const std::vector<int32_t> &Sizes) const {
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

const Agenda::Sums &Agenda::left(Step &S, uint64_t Done) {
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

bool Agenda::fillsHoles(const Front &F, int Now, uint64_t Done, int Wasted) {
  Step &S = Steps[Now];
  if (static_cast<int>(S.Starts.size()) - __builtin_popcountll(Done) > MaxLeft)
    return true;
  const Sums &Best = left(S, Done);
  for (const Segment &X : F)
    if (!X.End)
      Wasted += X.Size - Best[X.Size];
  return Wasted <= S.Slack;
}

bool Agenda::fitsAhead(const Front &F, int Now) {
  Step &S = Steps[Now];
  for (size_t D = 0; D < S.Ahead.size(); ++D) {
    const Sums &Best = S.Ahead[D].Best;
    int T = Now + 1 + static_cast<int>(D), Wasted = 0, Hole = 0;
    bool Open = false, AnyOpen = false; // Open: what starts now may still lie there.
    Holes.clear();
    auto close = [&] {
      if (Hole && !Open) {
        Wasted += Hole - Best[Hole];
        Holes.push_back(Hole);
      }
      AnyOpen |= Open;
      Hole = 0;
      Open = false;
    };
    for (const Segment &X : F) {
      if (X.End > T) {
        close();
        continue;
      }
      Hole += X.Size;
      Open |= X.End == 0;
    }
    close();
    if (Wasted > Steps[T].Slack || (!AnyOpen && D < PackedSteps && !packs(S, D)))
      return false;
  }
  return true;
}

/// Whether all that comes fits into `Holes`, which are all there are.
bool Agenda::packs(Step &S, size_t Distance) {
  std::sort(Holes.begin(), Holes.end());
  uint64_t Key = mix(Distance);
  for (int Hole : Holes)
    Key = mix(Key ^ uint64_t(Hole));
  if (S.Packed.size() > MaxPacked)
    S.Packed.clear();
  auto [It, New] = S.Packed.try_emplace(Key, true);
  if (New)
    It->second = BinPacking(S.Ahead[Distance].Sizes, Holes, PackBudget).run();
  return It->second;
}

std::array<int, 3> Agenda::largestAhead(int Now) const {
  std::array<int, 3> Out{0, 0, 0};
  const std::vector<Coming> &Ahead = Steps[Now].Ahead;
  for (size_t D = 0; D < Out.size() && D < Ahead.size(); ++D)
    if (!Ahead[D].Sizes.empty())
      Out[D] = Ahead[D].Sizes.front();
  return Out;
}
