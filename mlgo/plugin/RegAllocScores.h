// Writes what LLVM thinks of each function's register allocation.
#ifndef MLGO_REGALLOCSCORES_H
#define MLGO_REGALLOCSCORES_H

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

} // namespace mlgo

#endif
