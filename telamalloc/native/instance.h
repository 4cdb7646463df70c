//===- instance.h - One independent part of a problem ------------*- C++ -*-===//
//
// Buffers over sections. A section is a maximal set of buffers that are live at
// once; times at which fewer are live add no constraint and are left out.
//
//===----------------------------------------------------------------------===//

#ifndef TELAMALLOC_INSTANCE_H
#define TELAMALLOC_INSTANCE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace telamalloc {

/// A time interval in which a buffer occupies its first `Height` bytes.
struct Piece {
  int64_t Lower;
  int64_t Upper;
  int64_t Height;
  int32_t Buffer;
};

/// What is known of a buffer apart from when it is live.
struct BufferSpec {
  int64_t Size;
  int64_t Align;
  int64_t Release;  ///< Least offset.
  int64_t Deadline; ///< Largest end.
};

/// A buffer's presence in a section, stored section by section within a buffer.
struct Incidence {
  int32_t Section;
  int64_t Height;
};

struct Instance {
  int NumBuffers = 0;
  int NumSections = 0;
  std::vector<BufferSpec> Buffers;
  std::vector<int64_t> Lifetime; ///< Live time steps by buffer.
  std::vector<int> First;        ///< NumBuffers + 1 positions in `Incidences`.
  std::vector<Incidence> Incidences;
  std::vector<int> Original; ///< Row in the caller's columns by buffer.

  int degree(int B) const { return First[B + 1] - First[B]; }
  /// Whether the buffer is live in all sections from its first to its last.
  bool isInterval(int B) const {
    return (end(B) - 1)->Section - begin(B)->Section + 1 == degree(B);
  }
  const Incidence *begin(int B) const { return Incidences.data() + First[B]; }
  const Incidence *end(int B) const { return Incidences.data() + First[B + 1]; }
};

/// Splits buffers into parts that no buffer connects in time, earliest first.
/// `Pieces` may come in any order; all of a buffer's pieces go to one part.
std::vector<Instance> buildInstances(const std::vector<BufferSpec> &Buffers,
                                     std::vector<Piece> Pieces);

/// The largest sum of heights over the sections: no plan has a lower peak.
int64_t largestLiveSum(const Instance &I);

} // namespace telamalloc

#endif // TELAMALLOC_INSTANCE_H
