//===- layer.cc - What a sweep knows of a step ----------------------------===//

#include "layer.h"

#include "random.h"

#include <algorithm>

using namespace telamalloc;

namespace {

using Token = PQTree::Token;

PQTree::Leaves leavesOf(const Token *From, const Token *To) {
  PQTree::Leaves L;
  for (; From != To; ++From)
    if (From->isLeaf())
      L.push_back(From->What);
  return L;
}

uint64_t keyOf(const PQTree::Leaves &Set) {
  uint64_t Sum = 0;
  for (PQTree::Leaf L : Set)
    Sum += mix(uint64_t(L) + 1);
  return Sum;
}

} // namespace

std::vector<PQTree::Leaves> telamalloc::groupsOf(const PQTree &T) {
  std::vector<PQTree::Leaves> All;
  const Token *Root = T.root();
  for (const Token *N = Root; N != Root->end(); ++N) {
    if (N->isLeaf())
      continue;
    if (N != Root)
      All.push_back(leavesOf(N, N->end()));
    if (N->What == PQTree::Q) // Its order: neighbours stay neighbours.
      for (const Token *C = N + 1; C->end() != N->end(); C = C->end())
        All.push_back(leavesOf(C, C->end()->end()));
  }
  return All;
}

void Layer::findSets(size_t Most) {
  struct Found {
    uint64_t Key;
    size_t Count;
    PQTree::Leaves Set;
  };
  std::vector<Found> All;
  for (const Half &H : Halves)
    for (PQTree::Leaves &Set : groupsOf(H.Tree))
      All.push_back({keyOf(Set), 1, std::move(Set)});
  std::stable_sort(All.begin(), All.end(),
                   [](const Found &A, const Found &B) { return A.Key < B.Key; });
  std::vector<Found> Once;
  for (Found &F : All)
    if (!Once.empty() && Once.back().Key == F.Key)
      ++Once.back().Count;
    else
      Once.push_back(std::move(F));
  std::stable_sort(Once.begin(), Once.end(),
                   [](const Found &A, const Found &B) { return A.Count > B.Count; });
  Once.resize(std::min(Once.size(), Most));
  for (Found &F : Once) {
    Sets.push_back(std::move(F.Set));
    Shares.push_back(float(F.Count) / float(Halves.size()));
  }
}
