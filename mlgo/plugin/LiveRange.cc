#include "LiveRange.h"
#include "llvm/CodeGen/SlotIndexes.h"
#include <iterator>

using namespace llvm;

// A bit of LLVM's priority (DefaultPriorityAdvisor, lib/CodeGen/RegAllocGreedy.cpp).
static constexpr unsigned Hinted = 1u << 30;

const std::vector<TensorSpec> &mlgo::rangeFeatures() {
#define SPEC(NAME) TensorSpec::createSpec<float>(#NAME, {1}),
  static const std::vector<TensorSpec> Specs{MLGO_RANGE_FEATURES(SPEC)};
#undef SPEC
  return Specs;
}

float mlgo::useFrequency(const LiveInterval &Range) {
  // VirtRegAuxInfo divides by the size and 25 instructions more (CalcSpillWeights.h).
  return Range.isSpillable() ? Range.weight() * (Range.getSize() + 25 * SlotIndex::InstrDist) : 0;
}

void mlgo::describeRange(const LiveInterval &Range, unsigned Priority, const LiveIntervals &LIS,
                         const MachineRegisterInfo &MRI, MutableArrayRef<float> Values) {
  auto Operands = MRI.reg_nodbg_operands(Range.reg());
  const auto li_size = static_cast<float>(Range.getSize());
  const float use_frequency = useFrequency(Range);
  const auto uses = static_cast<float>(std::distance(Operands.begin(), Operands.end()));
  const float is_local = !Range.empty() && LIS.intervalIsInOneMBB(Range);
  const float has_hint = (Priority & Hinted) != 0;
  const float is_spillable = Range.isSpillable();
  size_t Position = 0;
#define WRITE(NAME) Values[Position++] = NAME;
  MLGO_RANGE_FEATURES(WRITE)
#undef WRITE
}
