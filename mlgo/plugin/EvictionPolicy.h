// A policy answers one question of the register allocator: which physical register's live ranges
// give way to the candidate, or none? How LLVM asks is not its business (see Channel.h).
#ifndef MLGO_EVICTIONPOLICY_H
#define MLGO_EVICTIONPOLICY_H

#include "Options.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Analysis/TensorSpec.h"
#include <memory>
#include <vector>

namespace mlgo {

class EvictionPolicy {
public:
  /// \p Compiler are the compiler's features; stops the compile when the policy's model reads one
  /// that the compiler does not have, or has with another type or shape.
  static std::unique_ptr<EvictionPolicy> create(const RegAllocOptions &O,
                                                const std::vector<llvm::TensorSpec> &Compiler);
  virtual ~EvictionPolicy() = default;

  const std::vector<llvm::TensorSpec> &features() const { return Features; }

  /// Where to write feature \p Index of a question before choose().
  void *buffer(size_t Index) { return Buffers[Index]; }

  /// How many slots there are; the last one stands for the candidate itself: evict nothing.
  size_t width() const { return Width; }

  /// Whether the compiler allows a slot in the question that is in the buffers.
  bool isLegal(size_t Slot) const { return mask()[Slot] != 0; }

  /// Returns a legal slot. \p Index counts the questions of this compile; \p Default is the legal
  /// slot that LLVM's default advisor takes.
  virtual size_t choose(uint64_t Index, size_t Default) = 0;

  /// Writes how likely each slot is a good one, up to a factor; 0 where it is not legal.
  virtual void weigh(size_t Default, llvm::MutableArrayRef<double> Weights) {
    (void)Default;
    for (size_t Slot = 0; Slot < Width; ++Slot)
      Weights[Slot] = isLegal(Slot);
  }

protected:
  explicit EvictionPolicy(const std::vector<llvm::TensorSpec> &Compiler);

  const int64_t *mask() const { return static_cast<const int64_t *>(Buffers[MaskIndex]); }
  void bind(size_t Feature, void *Buffer) { Buffers[Feature] = Buffer; }

private:
  const std::vector<llvm::TensorSpec> Features;
  std::vector<std::unique_ptr<char[]>> Scratch;
  std::vector<void *> Buffers;
  size_t MaskIndex, Width;
};

} // namespace mlgo

#endif
