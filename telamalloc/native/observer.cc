//===- observer.cc - What the model sees of a choice ----------------------===//

#include "observer.h"

#include <algorithm>

using namespace telamalloc;

const char *const telamalloc::FeatureNames[NumFeatures] = {
    "is_gap",         "options",        "floor",           "slack",
    "valley_width",   "left_wall",      "right_wall",      "width_rank",
    "size_rank",      "area_rank",      "total_rank",      "sections_rank",
    "size",           "left_margin",    "right_margin",    "top_to_left",
    "top_to_right",   "least_slack",    "mean_slack",      "relative_size",
    "relative_width", "left_neighbour", "right_neighbour", "share_of_rest",
    "fails",          "waste",          "least_waste",     "slack_after"};

namespace {

/// Past the last section with work there is no wall to be level with.
constexpr double Open = 2;

} // namespace

Observer::Valley Observer::findValley(const Skyline &Sky, int S) const {
  int64_t Floor = Sky.floorOf(S);
  auto inside = [&](int T) { return Sky.numUnplaced(T) && Sky.floorOf(T) <= Floor; };
  Valley V{S, S, Open, Open};
  while (V.Left > 0 && inside(V.Left - 1) && Sky.crossing(V.Left - 1))
    --V.Left;
  while (V.Right + 1 < I.NumSections && inside(V.Right + 1) && Sky.crossing(V.Right))
    ++V.Right;
  auto wall = [&](int T) {
    if (T < 0 || T >= I.NumSections || !Sky.numUnplaced(T))
      return Open;
    return double(Sky.floorOf(T) - Floor) / double(Sky.capacity());
  };
  V.LeftWall = wall(V.Left - 1);
  V.RightWall = wall(V.Right + 1);
  return V;
}

void Observer::observe(const Skyline &Sky, int S, const int *Options, int Count,
                       std::vector<Features> &Out) {
  Valley V = findValley(Sky, S);
  double Capacity = double(Sky.capacity());
  Out.resize(Count);
  float LargestSize = 1, LargestWidth = 1;
  for (int K = 0; K < Count; ++K) {
    if (Options[K] == GapOption)
      continue;
    LargestSize = std::max(LargestSize, float(I.Buffers[Options[K]].Size));
    LargestWidth = std::max(LargestWidth, float(I.degree(Options[K])));
  }
  for (int K = 0; K < Count; ++K) {
    Features &F = Out[K];
    F.fill(0);
    F[0] = Options[K] == GapOption;
    F[1] = float(Count);
    F[2] = float(double(Sky.floorOf(S)) / Capacity);
    F[3] = float(double(Sky.slack(S)) / Capacity);
    F[4] = float(V.Right - V.Left + 1);
    F[5] = float(V.LeftWall);
    F[6] = float(V.RightWall);
    if (Options[K] == GapOption)
      continue;
    F[19] = float(I.Buffers[Options[K]].Size) / LargestSize;
    F[20] = float(I.degree(Options[K])) / LargestWidth;
    observeBuffer(Sky, V, S, Options[K], F);
  }
}

void Observer::observeBuffer(const Skyline &Sky, const Valley &V, int S, int B, Features &F) const {
  double Capacity = double(Sky.capacity());
  int First = I.begin(B)->Section, Last = (I.end(B) - 1)->Section;
  double Size = double(I.Buffers[B].Size) / Capacity;
  F[7] = float(Ranks.Width[B]);
  F[8] = float(Ranks.Size[B]);
  F[9] = float(Ranks.Area[B]);
  F[10] = float(Ranks.Total[B]);
  F[11] = float(Ranks.Sections[B]);
  F[12] = float(Size);
  F[13] = float(First - V.Left);
  F[14] = float(V.Right - Last);
  F[15] = float(V.LeftWall - Size);
  F[16] = float(V.RightWall - Size);
  int64_t Least = INT64_MAX;
  double Sum = 0;
  for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc) {
    Least = std::min(Least, Sky.slack(Inc->Section));
    Sum += double(Sky.slack(Inc->Section));
  }
  F[17] = float(double(Least) / Capacity);
  F[18] = float(Sum / double(I.degree(B)) / Capacity);
  // Could others fill what this one leaves free on either side of it?
  auto fills = [&](int T, bool AtLeft) {
    int Found = 0;
    const Skyline::Member *M = Sky.members(T);
    for (int K = 0; K < Sky.numUnplaced(T); ++K) {
      int C = M[K].Buffer;
      bool Meets = AtLeft ? (I.end(C) - 1)->Section == First - 1 : I.begin(C)->Section == Last + 1;
      Found += Meets && Sky.rest(C) == Sky.floorOf(S);
    }
    return float(Found);
  };
  F[21] = First > V.Left ? fills(First - 1, true) : -1;
  F[22] = Last < V.Right ? fills(Last + 1, false) : -1;
  F[23] = float(double(I.Buffers[B].Size) / std::max(1.0, double(Sky.remaining(S))));
}
