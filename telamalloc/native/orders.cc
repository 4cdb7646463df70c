//===- orders.cc - What is known of a buffer before the search ------------===//

#include "orders.h"

#include <algorithm>
#include <numeric>

using namespace telamalloc;

namespace {

using Values = std::vector<double>;

Values ranks(const Values &V) {
  std::vector<int> Index(V.size());
  std::iota(Index.begin(), Index.end(), 0);
  std::stable_sort(Index.begin(), Index.end(), [&](int A, int B) { return V[A] < V[B]; });
  Values Out(V.size());
  double Rank = 0;
  for (size_t K = 0; K < Index.size(); ++K) {
    if (K && V[Index[K]] > V[Index[K - 1]])
      Rank = double(K);
    Out[Index[K]] = Rank / double(V.size());
  }
  return Out;
}

Values lexicographic(const Values &A, const Values &B, const Values &C) {
  Values Sum(A.size());
  for (size_t K = 0; K < A.size(); ++K)
    Sum[K] = A[K] * 1e8 + B[K] * 1e4 + C[K];
  return ranks(Sum);
}

} // namespace

StaticRanks::StaticRanks(const Instance &I) {
  std::vector<int64_t> LiveSum(I.NumSections, 0);
  for (const Incidence &Inc : I.Incidences)
    LiveSum[Inc.Section] += Inc.Height;
  for (int B = 0; B < I.NumBuffers; ++B) {
    int64_t Most = 0;
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc)
      Most = std::max(Most, LiveSum[Inc->Section]);
    Width.push_back(double(I.Lifetime[B]));
    Size.push_back(double(I.Buffers[B].Size));
    Area.push_back(Width.back() * Size.back());
    Total.push_back(double(Most));
    Sections.push_back(I.degree(B));
  }
  for (Values *V : {&Width, &Size, &Area, &Total, &Sections})
    *V = ranks(*V);
}

std::vector<Values> telamalloc::staticOrders(const StaticRanks &R) {
  return {lexicographic(R.Width, R.Area, R.Total),    lexicographic(R.Area, R.Width, R.Total),
          lexicographic(R.Size, R.Width, R.Total),    lexicographic(R.Total, R.Area, R.Width),
          lexicographic(R.Sections, R.Size, R.Total), lexicographic(R.Total, R.Width, R.Area)};
}
