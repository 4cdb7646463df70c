//===- branch.cc - Where to branch, and what a gap means ------------------===//

#include "branch.h"

#include <algorithm>
#include <cmath>

using namespace telamalloc;

int telamalloc::pickSection(const Skyline &Sky, int Left, int Right, double Eagerness) {
  int64_t Lowest = INT64_MAX;
  for (int S = Left; S <= Right; ++S)
    if (Sky.numUnplaced(S))
      Lowest = std::min(Lowest, Sky.floorOf(S));
  int Chosen = -1;
  double Best = INFINITY, Capacity = double(Sky.capacity());
  for (int S = Left; S <= Right; ++S) {
    int Count = Sky.numUnplaced(S);
    if (!Count || (Eagerness == 0 && Sky.floorOf(S) != Lowest))
      continue;
    const Skyline::Member *M = Sky.members(S);
    int64_t Slack = Sky.slack(S), Floor = Sky.floorOf(S);
    int Choices = Slack > 0;
    bool Flat = true;
    auto score = [&] {
      return double(Floor) / Capacity + Eagerness * Choices + 0.01 * double(Slack) / Capacity;
    };
    // Counting takes most of the time: it ends where the section cannot be the best any more.
    for (int K = 0; K < Count && Flat && score() < Best; ++K)
      if (Sky.rest(M[K].Buffer) == Floor) {
        ++Choices;
        Flat = Floor == Lowest || Sky.isFlat(M[K].Buffer);
      }
    if (Flat && score() < Best) {
      Best = score();
      Chosen = S;
    }
  }
  return Chosen;
}

int64_t GapFinder::floorAbove(const Skyline &Sky, int S) {
  int64_t Floor = Sky.floorOf(S);
  int64_t Least = INT64_MAX;
  const Skyline::Member *M = Sky.members(S);
  Valley.clear();
  ++Stamp;
  for (int K = 0; K < Sky.numUnplaced(S); ++K) {
    int B = M[K].Buffer;
    SeenBuffer[B] = Stamp; // Live in S: no support.
    if (Sky.rest(B) > Floor) {
      Least = std::min(Least, Sky.rest(B));
      continue;
    }
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc) {
      if (SeenSection[Inc->Section] == Stamp)
        continue;
      SeenSection[Inc->Section] = Stamp;
      Valley.push_back(Inc->Section);
    }
  }
  for (int T : Valley) {
    const Skyline::Member *N = Sky.members(T);
    for (int J = 0; J < Sky.numUnplaced(T); ++J)
      if (SeenBuffer[N[J].Buffer] != Stamp)
        Least = std::min(Least, Sky.rest(N[J].Buffer) + N[J].Height);
  }
  return Least;
}

void GapFinder::explain(const Skyline &Sky, int S, int64_t Raised, Word *Out) {
  int64_t Floor = Sky.floorOf(S);
  const Skyline::Member *M = Sky.members(S);
  if (Raised == Floor + 1)
    return; // Any gap is too much.
  int64_t Least = INT64_MAX;
  for (int K = 0; K < Sky.numUnplaced(S); ++K)
    if (Sky.rest(M[K].Buffer) > Floor)
      Least = std::min(Least, Sky.rest(M[K].Buffer));
  if (Least != INT64_MAX)
    Sky.explainAbove(S, std::min(Least, Raised), Out);
  ++Stamp;
  for (int T : Valley) {
    Sky.explainFloor(T, Out);
    SeenSection[T] = Stamp;
  }
  for (int T : Valley) {
    const Skyline::Member *N = Sky.members(T);
    for (int J = 0; J < Sky.numUnplaced(T); ++J) {
      int Reason = Sky.reason(N[J].Buffer);
      // A support is at least on the valley's floor, which is explained already.
      if (Reason < 0 || SeenSection[Reason] == Stamp || Floor + N[J].Height >= Raised)
        continue;
      SeenSection[Reason] = Stamp;
      Sky.explainFloor(Reason, Out);
    }
  }
}
