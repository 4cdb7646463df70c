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
  if (N->What == P) {
    uint64_t Sum = 0;
    for (const Token *C = N + 1; C != N->end(); C = C->end())
      Sum += C->isLeaf() ? Key[C->What] : hash(C, Key);
    return mix(Sum);
  }
  constexpr uint64_t Base = 0x100000001b3;
  uint64_t Forth = 0, Back = 0, Power = 1;
  for (const Token *C = N + 1; C != N->end(); C = C->end()) {
    const uint64_t H = C->isLeaf() ? Key[C->What] : hash(C, Key);
    Forth = Forth * Base + H;
    Back += H * Power;
    Power *= Base;
  }
  return mix(mix(Forth) + mix(Back));
}

PQTree::Editor::Editor(size_t MostLeaves) : Counts(MostLeaves - Q, OneLeaf) {
  Counts[0] = Counts[P - Q] = 0;
}

void PQTree::Editor::mark(const PQTree &T, const Leaves &Group) {
  for (Leaf L : Group)
    Counts[L - Q] += OneMarked;
  const std::vector<Token> &In = T.Tokens;
  Begin = In.data();
  Before.resize(In.size() + 1);
  Count Sum = 0;
  for (size_t K = 0; K < In.size(); ++K) {
    Before[K] = Sum;
    Sum += Counts[In[K].What - Q];
  }
  Before[In.size()] = Sum;
  for (Leaf L : Group)
    Counts[L - Q] -= OneMarked;
}

bool PQTree::Editor::write(const Leaves *Others, PQTree &To) {
  New = Others;
  Row.clear();
  Out = &To.Tokens;
  Out->clear();
  return root(Begin);
}

PQTree::Editor::Fill PQTree::Editor::at(const Token *N) const {
  const Count Inside = Before[N->end() - Begin] - Before[N - Begin];
  const Count Marked = Inside & (OneLeaf - 1);
  return Marked == 0 ? Fill::Empty : Marked == Inside / OneLeaf ? Fill::Full : Fill::Partial;
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
  const size_t First = Row.size();
  for (const Token *C = N + 1; C != N->end(); C = C->end())
    Row.push_back(C);
  const size_t End = Row.size();
  const bool MarkedFirst = at(Row[First]) == Fill::Full || at(Row[End - 1]) == Fill::Empty;
  if (MarkedFirst == GroupLast)
    std::reverse(Row.begin() + static_cast<std::ptrdiff_t>(First), Row.end());
  Fill Before = GroupLast ? Fill::Empty : Fill::Full;
  for (size_t K = First; K < End; ++K) {
    const Fill F = at(Row[K]);
    if ((GroupLast ? F < Before : F > Before) || (F == Fill::Partial && Before == F))
      return false;
    Before = F;
    if (!edge(Row[K], GroupLast))
      return false;
  }
  Row.resize(First);
  return true;
}
