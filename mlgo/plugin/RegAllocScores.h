// Writes what LLVM thinks of each function's register allocation.
#ifndef MLGO_REGALLOCSCORES_H
#define MLGO_REGALLOCSCORES_H

#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunction.h"

namespace mlgo {

/// Of a pass to insert after the virtual registers were rewritten. Appends to the file of
/// -mlgo-regalloc-scores a line of JSON for each function:
///     {"function": NAME, "entry_count": PROFILED OR null, "score": ..., "copies": ..., "loads":
///     ...,
///      "stores": ..., "load_stores": ..., "cheap_remats": ..., "expensive_remats": ...,
///      "counts": {"copies": ...}}
/// Numbers are expected executions for each call of the function (calculateRegAllocScore); those
/// under `counts` are of instructions. A smaller score is better.
const void *scoresPassID();

/// What the copies, loads and stores of a function cost for each call of it: 1 an instruction and 2
/// more a read or write of memory, as policies are trained and programs counted.
double allocationCost(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI);

} // namespace mlgo

#endif
