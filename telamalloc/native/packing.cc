//===- packing.cc - Fast plans without search -----------------------------===//

#include "packing.h"

#include <algorithm>
#include <numeric>

using namespace telamalloc;

int64_t telamalloc::firstFit(const Instance &I, const std::vector<int> &Order,
                             std::vector<int64_t> &Offsets) {
  Offsets.assign(I.NumBuffers, -1);
  struct Piece {
    int32_t Buffer;
    int64_t Height;
  };
  std::vector<std::vector<Piece>> Taken(I.NumSections);
  // A buffer blocks the same bytes in every section where neither height changed.
  struct Block {
    int Owner = -1;
    int64_t Own = 0;
    int64_t Other = 0;
  };
  std::vector<Block> Last(I.NumBuffers);
  std::vector<std::pair<int64_t, int64_t>> Blocks;
  int64_t Peak = 0;
  for (int B : Order) {
    Blocks.clear();
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc)
      for (const Piece &T : Taken[Inc->Section]) {
        Block &Seen = Last[T.Buffer];
        if (Seen.Owner == B && Seen.Own == Inc->Height && Seen.Other == T.Height)
          continue;
        Seen = {B, Inc->Height, T.Height};
        // A conflict begins where this buffer's piece would reach into the other.
        Blocks.emplace_back(Offsets[T.Buffer] - Inc->Height, Offsets[T.Buffer] + T.Height);
      }
    std::sort(Blocks.begin(), Blocks.end());
    int64_t Align = I.Buffers[B].Align;
    auto Up = [&](int64_t V) { return (V + Align - 1) & ~(Align - 1); };
    int64_t At = Up(I.Buffers[B].Release);
    for (auto &[From, To] : Blocks)
      if (At > From && At < To)
        At = Up(To);
    Offsets[B] = At;
    for (auto *Inc = I.begin(B); Inc != I.end(B); ++Inc)
      Taken[Inc->Section].push_back({B, Inc->Height});
    Peak = std::max(Peak, At + I.Buffers[B].Size);
  }
  return Peak;
}

int64_t telamalloc::bestOfOrders(const Instance &I, int64_t GoodEnough,
                                 std::vector<int64_t> &Offsets) {
  std::vector<int> Order(I.NumBuffers);
  std::iota(Order.begin(), Order.end(), 0);
  int64_t Best = INT64_MAX;
  std::vector<int64_t> Trial;
  for (int Kind = 0; Kind < 3 && Best > GoodEnough; ++Kind) {
    auto Key = [&](int B) {
      double Size = double(I.Buffers[B].Size), Life = double(I.Lifetime[B]);
      return Kind == 0 ? Size : Kind == 1 ? Size * Life : Life;
    };
    std::stable_sort(Order.begin(), Order.end(), [&](int A, int B) { return Key(A) > Key(B); });
    int64_t Peak = firstFit(I, Order, Trial);
    bool Legal = true;
    for (int B = 0; B < I.NumBuffers; ++B)
      Legal &= Trial[B] + I.Buffers[B].Size <= I.Buffers[B].Deadline;
    if (Legal && Peak < Best) {
      Best = Peak;
      Offsets = Trial;
    }
  }
  return Best;
}
