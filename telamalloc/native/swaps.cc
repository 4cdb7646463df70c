//===- swaps.cc - What may take the place of what -------------------------===//

#include "swaps.h"

#include <algorithm>

using namespace telamalloc;

namespace {

constexpr int MostOfSmaller = 3; ///< Buffers of the smaller group.
constexpr int MostOfLarger = 12; ///< Of more buffers the parts are not looked at.
constexpr size_t MostSwaps = 4000;
constexpr int MostVisited = 20'000; ///< Sets that are looked at for it.

/// All sets of sizes with a sum, as far as the budget goes.
class Sums {
public:
  explicit Sums(const std::vector<int64_t> &Sizes) : Sizes(Sizes), Rest(Sizes.size() + 1) {
    for (size_t K = Sizes.size(); K-- > 0;)
      Rest[K] = Rest[K + 1] + Sizes[K];
  }
  const std::vector<uint64_t> &of(int64_t Sum) {
    Found.clear();
    run(Sum, 0, 0);
    return Found;
  }

private:
  void run(int64_t Sum, size_t From, uint64_t Set) {
    if (Sum == 0) {
      Found.push_back(Set);
      return;
    }
    for (size_t K = From; K < Sizes.size() && Rest[K] >= Sum && ++Visited < MostVisited; ++K)
      if (Sizes[K] <= Sum)
        run(Sum - Sizes[K], K + 1, Set | uint64_t(1) << K);
  }

  const std::vector<int64_t> &Sizes;
  std::vector<int64_t> Rest;
  std::vector<uint64_t> Found;
  int Visited = 0;
};

/// Sums of the parts of a set.
std::vector<int64_t> properSums(const std::vector<int64_t> &Sizes, uint64_t Set) {
  std::vector<int64_t> All;
  for (uint64_t Part = (Set - 1) & Set; Part; Part = (Part - 1) & Set) {
    int64_t Sum = 0;
    for (uint64_t Left = Part; Left; Left &= Left - 1)
      Sum += Sizes[__builtin_ctzll(Left)];
    All.push_back(Sum);
  }
  return All;
}

class Listing {
public:
  Listing(const std::vector<int64_t> &Few, const std::vector<int64_t> &Many, bool EndedFewer)
      : Few(Few), Many(Many), EndedFewer(EndedFewer), Large(Many) {}

  std::vector<Swap> run() {
    extend(0, 0, 0, 0);
    return std::move(All);
  }

private:
  void extend(size_t From, uint64_t Small, int Count, int64_t Sum) {
    if (Count)
      add(Small, Count, Sum);
    for (size_t K = From; K < Few.size() && Count < MostOfSmaller; ++K)
      extend(K + 1, Small | uint64_t(1) << K, Count + 1, Sum + Few[K]);
  }

  void add(uint64_t Small, int Count, int64_t Sum) {
    const std::vector<int64_t> Parts = properSums(Few, Small);
    const int Least = Count + (EndedFewer ? 0 : 1); // Groups of as many are listed once.
    for (uint64_t Set : Large.of(Sum))
      if (__builtin_popcountll(Set) >= Least && !shares(Parts, Set))
        All.push_back(EndedFewer ? Swap{Small, Set} : Swap{Set, Small});
  }

  bool shares(const std::vector<int64_t> &Parts, uint64_t Set) const {
    if (Parts.empty() || __builtin_popcountll(Set) > MostOfLarger)
      return false;
    const std::vector<int64_t> Others = properSums(Many, Set);
    return std::any_of(Others.begin(), Others.end(), [&](int64_t Part) {
      return std::find(Parts.begin(), Parts.end(), Part) != Parts.end();
    });
  }

  const std::vector<int64_t> &Few, &Many;
  bool EndedFewer;
  Sums Large;
  std::vector<Swap> All;
};

} // namespace

std::vector<Swap> telamalloc::listSwaps(const std::vector<int64_t> &Ended,
                                        const std::vector<int64_t> &Started) {
  std::vector<Swap> All = Listing(Ended, Started, true).run();
  std::vector<Swap> More = Listing(Started, Ended, false).run();
  All.insert(All.end(), More.begin(), More.end());
  auto buffers = [](const Swap &S) {
    return __builtin_popcountll(S.Ended) + __builtin_popcountll(S.Started);
  };
  std::stable_sort(All.begin(), All.end(),
                   [&](const Swap &A, const Swap &B) { return buffers(A) < buffers(B); });
  if (All.size() > MostSwaps)
    All.resize(MostSwaps);
  return All;
}
