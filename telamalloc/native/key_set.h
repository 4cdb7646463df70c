//===- key_set.h - Which keys have been seen? --------------------*- C++ -*-===//

#ifndef TELAMALLOC_KEY_SET_H
#define TELAMALLOC_KEY_SET_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace telamalloc {

/// A set of numbers that look random, with linear probing: std::unordered_set spends more time on
/// its nodes than the sweep does on a tree.
class KeySet {
public:
  /// As small as what comes next may be: steps differ, and a small table stays in the cache.
  void clear() {
    Slots.assign(16 * Count < Slots.size() ? Slots.size() / 2 : Slots.size(), Free);
    Count = 0;
  }

  /// False: it was there.
  bool insert(uint64_t Key) {
    if (2 * Count >= Slots.size())
      grow();
    uint64_t &Slot = find(Key | 1); // None is Free.
    if (Slot != Free)
      return false;
    Slot = Key | 1;
    ++Count;
    return true;
  }

private:
  static constexpr uint64_t Free = 0;
  static constexpr size_t Fewest = 256;

  uint64_t &find(uint64_t Key) {
    const size_t Last = Slots.size() - 1; // All ones.
    size_t At = Key >> 8 & Last;
    while (Slots[At] != Free && Slots[At] != Key)
      At = (At + 1) & Last;
    return Slots[At];
  }

  void grow() {
    std::vector<uint64_t> Old(std::max(Fewest, 2 * Slots.size()), Free);
    std::swap(Old, Slots);
    for (uint64_t Key : Old)
      if (Key != Free)
        find(Key) = Key;
  }

  std::vector<uint64_t> Slots;
  size_t Count = 0;
};

} // namespace telamalloc

#endif // TELAMALLOC_KEY_SET_H
