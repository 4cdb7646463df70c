//===- front.cc - Memory at one step, as a sweep along time sees it -------===//

#include "front.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace telamalloc;

const char *const telamalloc::FrontFeatureNames[NumFrontFeatures] = {"ends_differ_1",
                                                                     "ends_differ_2",
                                                                     "ends_differ_3",
                                                                     "ends_differ_4",
                                                                     "ends_differ_5_6",
                                                                     "ends_differ_7_9",
                                                                     "ends_differ_14",
                                                                     "ends_differ_22",
                                                                     "ends_differ_more",
                                                                     "holes",
                                                                     "holes_too_many",
                                                                     "largest_hole",
                                                                     "tiny_pit_flat",
                                                                     "tiny_pit",
                                                                     "tiny_pit_deep",
                                                                     "small_pit_flat",
                                                                     "small_pit",
                                                                     "small_pit_deep",
                                                                     "pit_flat",
                                                                     "pit",
                                                                     "pit_deep",
                                                                     "large_pit_flat",
                                                                     "large_pit",
                                                                     "large_pit_deep",
                                                                     "peak_flat",
                                                                     "peak",
                                                                     "peak_high",
                                                                     "wall_ends_soon",
                                                                     "wall_ends_later",
                                                                     "wall_ends_late",
                                                                     "segments",
                                                                     "holes_in_1",
                                                                     "holes_in_2",
                                                                     "holes_in_3",
                                                                     "holes_in_4",
                                                                     "holes_in_6",
                                                                     "holes_in_8",
                                                                     "largest_in_1",
                                                                     "largest_in_2",
                                                                     "largest_in_3",
                                                                     "rough",
                                                                     "rough_by_size",
                                                                     "rough_fourth",
                                                                     "rough_near",
                                                                     "groups_too_many",
                                                                     "groups_soon",
                                                                     "groups_later",
                                                                     "groups_late",
                                                                     "groups_per_start",
                                                                     "groups_critical"};

namespace {

enum Feature {
  EndsDiffer = 0,
  Holes = 9,
  HolesTooMany = 10,
  LargestHole = 11,
  Pit = 12,
  Peak = 24,
  Wall = 27,
  Segments = 30,
  HolesIn = 31,
  LargestIn = 37,
  Rough = 40,
  RoughBySize = 41,
  RoughFourth = 42,
  RoughNear = 43,
  GroupsTooMany = 44,
  Groups = 45,
  GroupsPerStart = 48,
  GroupsCritical = 49
};

/// The index of the first limit that is not below the value.
template <size_t N> int bucket(int Value, const std::array<int, N> &Limits) {
  return static_cast<int>(std::lower_bound(Limits.begin(), Limits.end(), Value) - Limits.begin());
}

constexpr std::array<int, 8> Differences{1, 2, 3, 4, 6, 9, 14, 22};
constexpr std::array<int, 2> Heights{2, 6};
constexpr std::array<int, 2> WallEnds{3, 10};
constexpr std::array<int, 2> GroupTimes{4, 12};
constexpr std::array<int, 6> Distances{1, 2, 3, 4, 6, 8};

class Observation {
public:
  Observation(const Front &F, int Now, const FrontScale &Scale) : F(F), Now(Now), Scale(Scale) {
    Out.fill(0);
  }

  FrontFeatures run(const std::array<int, 3> &LargestAhead) {
    for (int K = 0; K < size(); ++K) {
      if (!F[K].End) {
        ++Out[Holes];
        Out[LargestHole] = std::max(Out[LargestHole], float(F[K].Size) / float(Scale.Units));
        continue;
      }
      slope(K);
      shape(K);
    }
    Out[Segments] = float(size());
    Out[HolesTooMany] = std::max(0.f, Out[Holes] - float(Scale.Starts[Now]));
    groups();
    for (size_t D = 0; D < Distances.size(); ++D)
      ahead(static_cast<int>(D), D < LargestAhead.size() ? LargestAhead[D] : 0);
    return Out;
  }

private:
  int size() const { return static_cast<int>(F.size()); }

  /// Steps until the end of a segment; beyond the ends of memory never.
  int left(int K) const {
    if (K < 0 || K >= size())
      return 100'000;
    return F[K].End ? F[K].End - Now : 0;
  }

  /// The difference to the neighbour above.
  void slope(int K) {
    if (K + 1 == size() || !F[K + 1].End)
      return;
    int Difference = std::abs(left(K) - left(K + 1));
    double Root = std::sqrt(double(Difference));
    ++Out[EndsDiffer + bucket(Difference, Differences)];
    Out[Rough] += float(Root);
    Out[RoughBySize] += float(Root * std::min(F[K].Size, F[K + 1].Size) / Scale.MeanSize);
    Out[RoughFourth] += float(std::sqrt(Root));
    Out[RoughNear] += float(Root / (1 + std::min(left(K), left(K + 1))));
  }

  /// Pits end before both neighbours, peaks after both.
  void shape(int K) {
    int Own = left(K), Below = left(K - 1), Above = left(K + 1);
    if (Below > Own && Above > Own) {
      double Share = F[K].Size / Scale.MeanSize;
      int Size = Share < 0.5 ? 0 : Share < 1 ? 1 : Share < 2 ? 2 : 3;
      ++Out[Pit + 3 * Size + bucket(std::min(Below, Above) - Own, Heights)];
    }
    bool AtWall = K == 0 || K + 1 == size();
    if (AtWall)
      ++Out[Wall + bucket(Own, WallEnds)];
    else if (Below < Own && Above < Own)
      ++Out[Peak + bucket(Own - std::max(Below, Above), Heights)];
  }

  /// Segments that end together but not side by side leave a hole each.
  void groups() {
    int Steps = static_cast<int>(Scale.Starts.size());
    static thread_local std::vector<int> Ends;
    Ends.clear();
    for (const Segment &X : F)
      if (X.End)
        Ends.push_back(X.End);
    std::sort(Ends.begin(), Ends.end());
    for (size_t K = 0, Next = 0; K < Ends.size(); K = Next) {
      while (Next < Ends.size() && Ends[Next] == Ends[K])
        ++Next;
      int Count = static_cast<int>(Next - K), T = Ends[K];
      int Starts = T < Steps ? Scale.Starts[T] : 1000; // After the last step nothing is filled.
      Out[GroupsTooMany] += float(std::max(0, Count - Starts));
      Out[Groups + bucket(T - Now, GroupTimes)] += float(Count - 1);
      Out[GroupsPerStart] += float(Count - 1) / float(Starts);
      Out[GroupsCritical] += Count >= Starts && Count > 1;
    }
  }

  /// The holes that there will be at most, unless they are filled before.
  void ahead(int Index, int Largest) {
    int Found = 0, Widest = 0, Hole = 0;
    for (int K = 0; K <= size(); ++K) {
      if (K < size() && left(K) <= Distances[Index]) {
        Hole += F[K].Size;
        continue;
      }
      Found += Hole > 0;
      Widest = std::max(Widest, Hole);
      Hole = 0;
    }
    Out[HolesIn + Index] = float(Found);
    if (Largest)
      Out[LargestIn + Index] = Widest ? float(Largest) / float(Widest) : 1;
  }

  const Front &F;
  int Now;
  const FrontScale &Scale;
  FrontFeatures Out;
};

} // namespace

FrontFeatures telamalloc::observe(const Front &F, int Now, const FrontScale &Scale,
                                  const std::array<int, 3> &LargestAhead) {
  return Observation(F, Now, Scale).run(LargestAhead);
}
