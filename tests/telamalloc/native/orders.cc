//===- orders.cc - Sets of orders against trying everything ---------------===//
//
// orders FIRST END: with seeds in [FIRST, END), joins and replaces leaves of small
// PQ-trees and compares them with the orders themselves, one by one; and sweeps
// small packings without slack in turns, whose plans are checked. Ends with 1 and
// the seed at the first difference.
//
//===----------------------------------------------------------------------===//

#include "between.h"
#include "filler.h"
#include "layer.h"
#include "pq_tree.h"
#include "random.h"
#include "runs.h"
#include "sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

using namespace telamalloc;

namespace {

using Leaves = PQTree::Leaves;
using Orders = std::set<Leaves>;

Orders permutations(Leaves L) {
  std::sort(L.begin(), L.end());
  Orders All;
  do
    All.insert(L);
  while (std::next_permutation(L.begin(), L.end()));
  return All;
}

/// All rows of one element of each set, one after the other.
Orders rows(const std::vector<Orders> &Sets) {
  Orders All{{}};
  for (const Orders &Set : Sets) {
    Orders Longer;
    for (const Leaves &Row : All)
      for (const Leaves &Next : Set) {
        Leaves Whole = Row;
        Whole.insert(Whole.end(), Next.begin(), Next.end());
        Longer.insert(Whole);
      }
    All = Longer;
  }
  return All;
}

Orders ordersOf(const PQTree::Token *N) {
  if (N->isLeaf())
    return {{N->What}};
  std::vector<Orders> Children;
  for (const PQTree::Token *C = N + 1; C != N->end(); C = C->end())
    Children.push_back(ordersOf(C));
  std::vector<size_t> Places(Children.size());
  for (size_t K = 0; K < Places.size(); ++K)
    Places[K] = K;
  Orders All;
  auto add = [&] {
    std::vector<Orders> Row;
    for (size_t K : Places)
      Row.push_back(Children[K]);
    All.merge(rows(Row));
  };
  if (N->What == PQTree::Q) {
    add();
    std::reverse(Places.begin(), Places.end());
    add();
    return All;
  }
  do
    add();
  while (std::next_permutation(Places.begin(), Places.end()));
  return All;
}

bool has(const Leaves &L, PQTree::Leaf X) { return std::find(L.begin(), L.end(), X) != L.end(); }

Orders joined(const Orders &All, const Leaves &Group) {
  Orders Kept;
  for (const Leaves &Order : All) {
    auto inGroup = [&](PQTree::Leaf X) { return has(Group, X); };
    auto First = std::find_if(Order.begin(), Order.end(), inGroup);
    if (std::all_of(First, First + std::ptrdiff_t(Group.size()), inGroup))
      Kept.insert(Order);
  }
  return Kept;
}

/// The orders in which a group lies together, with another in its place in all its orders.
Orders replaced(const Orders &All, const Leaves &Old, const Leaves &New) {
  Orders Kept;
  for (const Leaves &Order : joined(All, Old)) {
    auto First = std::find_first_of(Order.begin(), Order.end(), Old.begin(), Old.end());
    for (const Leaves &Middle : permutations(New)) {
      Leaves Row(Order.begin(), First);
      Row.insert(Row.end(), Middle.begin(), Middle.end());
      Row.insert(Row.end(), First + std::ptrdiff_t(Old.size()), Order.end());
      Kept.insert(Row);
    }
  }
  return Kept;
}

int places(const Leaves &Order, const std::vector<int32_t> &End, int Step) {
  int Count = 0;
  bool Before = false;
  for (PQTree::Leaf X : Order) {
    if (End[X] < Step)
      continue;
    Count += End[X] == Step && !Before;
    Before = End[X] == Step;
  }
  return Count;
}

bool countsPlaces(const PQTree &T, const Orders &All, Random &R) {
  std::vector<int32_t> End(32);
  for (int32_t &E : End)
    E = static_cast<int32_t>(between(R, 0, 4));
  std::vector<int> Steps{0, 1, 2, 3, 4};
  Runs Counter;
  Counter.watch(Steps, End, T.order());
  const Runs::Vector Count = Counter.of(T);
  for (int Step : Steps) {
    int Least = 99;
    for (const Leaves &Order : All)
      Least = std::min(Least, places(Order, End, Step));
    if (Count[Step] != Least)
      return false;
  }
  return true;
}

bool countsPlacesOfSets(const PQTree &T, const Orders &All, Random &R) {
  const Leaves Live = T.order();
  Leaves Gone, Set;
  for (PQTree::Leaf L : Live)
    if (int64_t Kind = between(R, 0, 2))
      (Kind == 1 ? Gone : Set).push_back(L);
  Runs Counter;
  Counter.watch(std::vector<Leaves>{{}, Set}, Gone, Live);
  int Least = 99;
  for (const Leaves &Order : All) {
    int Count = 0;
    bool Before = false;
    for (PQTree::Leaf X : Order) {
      if (has(Gone, X))
        continue;
      Count += has(Set, X) && !Before;
      Before = has(Set, X);
    }
    Least = std::min(Least, Count);
  }
  return Counter.of(T)[0] == 0 && Counter.of(T)[1] == Least;
}

/// Its groups say all about a tree.
bool hasGroups(const PQTree &T, const Orders &All) {
  Orders Left = permutations(T.order());
  for (const Leaves &Group : groupsOf(T))
    Left = joined(Left, Group);
  return Left == All;
}

bool checkTree(Random &R) {
  Leaves All;
  const int64_t Count = between(R, 2, 6);
  for (PQTree::Leaf L = 0; L < Count; ++L)
    All.push_back(L);
  PQTree T = PQTree::ofAny(All);
  Orders Expected = permutations(All);
  PQTree::Editor Edit(32);
  PQTree::Leaf Next = 8;
  for (int64_t Moves = between(R, 1, 6); Moves > 0; --Moves) {
    Leaves Now = T.order(), Group;
    for (PQTree::Leaf L : Now)
      if (between(R, 0, 1))
        Group.push_back(L);
    if (Group.empty())
      continue;
    Leaves New;
    for (int64_t K = Now.size() - Group.size() < 4 ? between(R, 0, 2) : 1; K > 0; --K)
      New.push_back(Next++);
    const bool Replace = between(R, 0, 1) && !New.empty();
    PQTree To;
    Edit.mark(T, Group);
    const bool Possible = Replace ? Edit.replace(New, To) : Edit.join(To);
    const Orders Left = Replace ? replaced(Expected, Group, New) : joined(Expected, Group);
    if (Possible == Left.empty())
      return false;
    if (Possible) {
      Expected = Left;
      T = To;
    }
    if (ordersOf(T.root()) != Expected ||
        std::abs(std::exp(T.logOrders()) - double(Expected.size())) > 1e-3)
      return false;
    if (!countsPlaces(T, Expected, R) || !countsPlacesOfSets(T, Expected, R) ||
        !hasGroups(T, Expected))
      return false;
  }
  return true;
}

/// Halves blocks of a rectangle, and leaves some out.
std::vector<Solid> packing(Random &R, int64_t Capacity) {
  struct Block {
    int64_t Lower, Upper, Low, High;
  };
  std::vector<Block> Blocks{{0, 12, 0, Capacity}};
  for (int64_t Cuts = between(R, 1, 30); Cuts > 0; --Cuts) {
    Block &B = Blocks[size_t(between(R, 0, int64_t(Blocks.size()) - 1))], Other = B;
    if (between(R, 0, 1) && B.Upper - B.Lower > 1)
      B.Upper = Other.Lower = between(R, B.Lower + 1, B.Upper - 1);
    else if (B.High - B.Low > 1)
      B.High = Other.Low = between(R, B.Low + 1, B.High - 1);
    else
      continue;
    Blocks.push_back(Other);
  }
  std::vector<Solid> Solids;
  for (const Block &B : Blocks)
    if (Solids.empty() || between(R, 0, 9)) {
      Solids.push_back({B.Lower, B.Upper, {}});
      Solids.back().Spec.Size = B.High - B.Low;
    }
  return Solids;
}

bool isPlan(const std::vector<Solid> &Solids, const std::vector<int64_t> &Offsets, int64_t Most) {
  for (size_t A = 0; A < Solids.size(); ++A) {
    const Solid &S = Solids[A];
    if (Offsets[A] < 0 || Offsets[A] + S.Spec.Size > Most)
      return false;
    for (size_t B = 0; B < A; ++B)
      if (S.Lower < Solids[B].Upper && Solids[B].Lower < S.Upper &&
          Offsets[A] < Offsets[B] + Solids[B].Spec.Size && Offsets[B] < Offsets[A] + S.Spec.Size)
        return false;
  }
  return true;
}

/// 1: swept, 0: the beam died, -1: wrong.
int checkSweep(Random &R) {
  const int64_t Capacity = 16;
  std::vector<Solid> Solids = packing(R, Capacity);
  for (const Solid &S : fillersOf(Solids, Capacity, 0.5 * double(between(R, 0, 1)), R))
    Solids.push_back(S);
  Sweep Forth(Solids, false, R.next()), Back(Solids, true, R.next());
  auto Never = [] { return false; };
  Counters C;
  for (int64_t Run = between(R, 0, 1), End = Run + 3; Run < End; ++Run) {
    Sweep &This = Run % 2 ? Back : Forth, &Other = Run % 2 ? Forth : Back;
    // A narrow beam dies often, so that plans come of two halves, too.
    const Sweep::Style Style{int(between(R, 1, 4)), 2.0 * double(between(R, 0, 1))};
    if (This.run(Style, Other, {Never, Never}, C))
      return isPlan(Solids, This.offsets(), Capacity) ? 1 : -1;
  }
  return 0;
}

} // namespace

int main(int Argc, char **Argv) {
  if (Argc != 3)
    return 2;
  long Swept = 0;
  for (long Seed = std::atol(Argv[1]); Seed < std::atol(Argv[2]); ++Seed) {
    Random R{uint64_t(Seed)};
    const bool Right = checkTree(R);
    const int Found = checkSweep(R);
    if (!Right || Found < 0) {
      std::fprintf(stderr, "seed %ld: wrong %s\n", Seed, Right ? "plan" : "tree");
      return 1;
    }
    Swept += Found;
  }
  std::printf("%ld swept\n", Swept);
}
