//===- pq_tree.cc - All orders in which some things stay together ---------===//

#include "pq_tree.h"

#include "random.h"

#include <algorithm>
#include <cmath>

using namespace telamalloc;

PQTree PQTree::ofAny(const Leaves &All) {
  PQTree T;
  if (All.size() > 1)
    T.Tokens.push_back({P, static_cast<uint16_t>(All.size() + 1)});
  for (Leaf L : All)
    T.Tokens.push_back({L, 1});
  return T;
}

PQTree::Leaves PQTree::order() const {
  Leaves All;
  for (const Token &T : Tokens)
    if (T.isLeaf())
      All.push_back(T.What);
  return All;
}

double PQTree::logOrders() const {
  static const std::vector<double> LogFactorial = [] {
    std::vector<double> Sums(1, 0);
    for (int N = 1; N <= INT16_MAX; ++N)
      Sums.push_back(Sums.back() + std::log(N));
    return Sums;
  }();
  double Sum = 0;
  for (const Token *N = root(); N != root()->end(); ++N) {
    if (N->What == Q)
      Sum += LogFactorial[2];
    if (N->What != P)
      continue;
    size_t Children = 0;
    for (const Token *C = N + 1; C != N->end(); C = C->end())
      ++Children;
    Sum += LogFactorial[Children];
  }
  return Sum;
}

uint64_t PQTree::hash(const Token *N, const std::vector<uint64_t> &Key) {
  if (N->isLeaf())
    return Key[N->What];
  constexpr uint64_t Base = 0x100000001b3;
  uint64_t Sum = 0, Forth = 0, Back = 0, Power = 1;
  for (const Token *C = N + 1; C != N->end(); C = C->end()) {
    const uint64_t H = hash(C, Key);
    Sum += H;
    Forth = Forth * Base + H;
    Back += H * Power;
    Power *= Base;
  }
  return N->What == P ? mix(Sum) : mix(mix(Forth) + mix(Back));
}

bool PQTree::Editor::join(const PQTree &T, const Leaves &Group, PQTree &To) {
  New = nullptr;
  return run(T, Group, To);
}

bool PQTree::Editor::replace(const PQTree &T, const Leaves &Old, const Leaves &Others, PQTree &To) {
  New = &Others;
  return run(T, Old, To);
}

bool PQTree::Editor::run(const PQTree &T, const Leaves &Group, PQTree &To) {
  for (Leaf L : Group)
    Marked[L] = 1;
  count(T.Tokens);
  Out = &To.Tokens;
  Out->clear();
  const bool Possible = root(Begin);
  for (Leaf L : Group)
    Marked[L] = 0;
  return Possible;
}

void PQTree::Editor::count(const std::vector<Token> &In) {
  Begin = In.data();
  Before.resize(In.size() + 1);
  Count Sum{0, 0};
  for (size_t K = 0; K < In.size(); ++K) {
    Before[K] = Sum;
    Sum.Leaves = static_cast<uint16_t>(Sum.Leaves + In[K].isLeaf());
    Sum.Marked = static_cast<uint16_t>(Sum.Marked + (In[K].isLeaf() && Marked[In[K].What]));
  }
  Before[In.size()] = Sum;
}

PQTree::Editor::Fill PQTree::Editor::at(const Token *N) const {
  const Count First = Before[N - Begin], Last = Before[N->end() - Begin];
  if (First.Marked == Last.Marked)
    return Fill::Empty;
  return Last.Marked - First.Marked == Last.Leaves - First.Leaves ? Fill::Full : Fill::Partial;
}

void PQTree::Editor::copyChildren(const Token *N, Fill Which) {
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    if (at(C) == Which)
      copy(C);
}

size_t PQTree::Editor::open(Leaf Kind) {
  Out->push_back({Kind, 0});
  return Out->size() - 1;
}

/// A node of one child is that child, and the two children of a Q node have no fixed order.
void PQTree::Editor::close(size_t At) {
  const size_t Length = Out->size() - At;
  if (Length == 1) {
    Out->pop_back();
    return;
  }
  const size_t First = 1u + (*Out)[At + 1].Length;
  if (First == Length) {
    Out->erase(Out->begin() + static_cast<std::ptrdiff_t>(At));
    return;
  }
  (*Out)[At].Length = static_cast<uint16_t>(Length);
  if (First + (*Out)[At + First].Length == Length)
    (*Out)[At].What = P;
}

/// The marked children of a node, or what takes the place of all that is marked.
void PQTree::Editor::group(const Token *N) {
  const size_t At = open(P);
  if (New)
    for (Leaf L : *New)
      Out->push_back({L, 1});
  else
    copyChildren(N, Fill::Full);
  close(At);
}

/// \param N holds all that is marked.
bool PQTree::Editor::root(const Token *N) {
  if (at(N) == Fill::Full) {
    New ? group(N) : copy(N);
    return true;
  }
  const Token *Only = nullptr;
  int Touched = 0;
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    if (at(C) != Fill::Empty) {
      ++Touched;
      Only = C;
    }
  if (Touched == 1)
    return within(N, Only);
  return N->What == P ? rootP(N) : rootQ(N);
}

bool PQTree::Editor::within(const Token *N, const Token *Child) {
  const size_t At = open(N->What);
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    if (C != Child)
      copy(C);
    else if (!root(C))
      return false;
  close(At);
  return true;
}

bool PQTree::Editor::rootP(const Token *N) {
  const Token *Partial[2] = {nullptr, nullptr};
  int Partials = 0;
  bool Full = false;
  for (const Token *C = N + 1; C != N->end(); C = C->end()) {
    Full |= at(C) == Fill::Full;
    if (at(C) != Fill::Partial)
      continue;
    if (Partials == 2)
      return false;
    Partial[Partials++] = C;
  }
  const size_t Outer = open(P);
  copyChildren(N, Fill::Empty);
  const size_t At = open(Q);
  if (Partial[0] && !edge(Partial[0], true))
    return false;
  if (New || Full)
    group(N);
  if (Partial[1] && !edge(Partial[1], false))
    return false;
  close(At);
  close(Outer);
  return true;
}

bool PQTree::Editor::rootQ(const Token *N) {
  const Token *First = nullptr, *Last = nullptr;
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    if (at(C) != Fill::Empty) {
      First = First ? First : C;
      Last = C;
    }
  const size_t At = open(Q);
  for (const Token *C = N + 1; C != N->end(); C = C->end()) {
    if (C > First && C < Last && at(C) != Fill::Full)
      return false;
    if (C == First || C == Last) {
      if (C == Last && New)
        group(N);
      if (!edge(C, C == First))
        return false;
    } else if (C < First || C > Last || !New) {
      copy(C);
    }
  }
  close(At);
  return true;
}

/// Writes a node that borders on the group as a row of parts, the marked ones at one end;
/// where they are replaced, only the others.
bool PQTree::Editor::edge(const Token *N, bool GroupLast) {
  if (at(N) == Fill::Partial)
    return N->What == P ? partialP(N, GroupLast) : partialQ(N, GroupLast);
  if (at(N) == Fill::Empty || !New)
    copy(N);
  return true;
}

bool PQTree::Editor::partialP(const Token *N, bool GroupLast) {
  const Token *Partial = nullptr;
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    if (at(C) == Fill::Partial) {
      if (Partial)
        return false;
      Partial = C;
    }
  auto rest = [&] {
    const size_t At = open(P);
    copyChildren(N, Fill::Empty);
    close(At);
  };
  auto marked = [&] {
    if (!New)
      group(N);
  };
  GroupLast ? rest() : marked();
  if (Partial && !edge(Partial, GroupLast))
    return false;
  GroupLast ? marked() : rest();
  return true;
}

bool PQTree::Editor::partialQ(const Token *N, bool GroupLast) {
  std::vector<const Token *> Children;
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    Children.push_back(C);
  const bool MarkedFirst = at(Children.front()) == Fill::Full || at(Children.back()) == Fill::Empty;
  if (MarkedFirst == GroupLast)
    std::reverse(Children.begin(), Children.end());
  Fill Before = GroupLast ? Fill::Empty : Fill::Full;
  for (const Token *C : Children) {
    const Fill F = at(C);
    if ((GroupLast ? F < Before : F > Before) || (F == Fill::Partial && Before == F))
      return false;
    Before = F;
    if (!edge(C, GroupLast))
      return false;
  }
  return true;
}
