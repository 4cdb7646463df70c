//===- fuzz.cc - The core against trying everything -----------------------===//
//
// fuzz FIRST END: solves small random problems with seeds in [FIRST, END) and
// compares with the answer by trying every offset of every buffer. Ends with 1
// and the seed at the first difference.
//
//===----------------------------------------------------------------------===//

#include "between.h"
#include "solver.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace telamalloc;

namespace {

constexpr int MaxTime = 8;

struct Case {
  std::vector<BufferSpec> Buffers;
  std::vector<Piece> Pieces;
  std::vector<std::vector<int64_t>> Heights; ///< By buffer and time.
  int64_t Capacity;
};

/// Some buffers have a gap, an alignment or a region of their own.
void addBuffer(Case &C, Random &R) {
  int64_t Lower = between(R, 0, MaxTime - 1), Upper = between(R, Lower + 1, MaxTime);
  int64_t Size = between(R, 1, 4);
  int64_t Align = between(R, 0, 5) ? 1 : 2;
  std::vector<int64_t> Height(MaxTime, 0);
  std::fill(Height.begin() + Lower, Height.begin() + Upper, Size);
  if (Upper - Lower > 2 && !between(R, 0, 5))
    Height[Lower + 1] = between(R, 0, Size - 1);
  int64_t Release = between(R, 0, 7) ? 0 : between(R, 0, 3);
  int64_t Deadline = between(R, 0, 7) ? C.Capacity : Release + Size + between(R, 0, 4);
  auto Index = static_cast<int32_t>(C.Buffers.size());
  C.Buffers.push_back({Size, Align, Release, Deadline});
  for (int64_t T = Lower; T < Upper; ++T)
    if (Height[T])
      C.Pieces.push_back({T, T + 1, Height[T], Index});
  C.Heights.push_back(Height);
}

/// Near the edge of what fits.
Case makeCase(uint64_t Seed) {
  Random R(Seed);
  Case C;
  C.Capacity = 64;
  int64_t Count = between(R, 1, 7);
  for (int64_t B = 0; B < Count; ++B)
    addBuffer(C, R);
  int64_t Most = 0;
  for (int T = 0; T < MaxTime; ++T) {
    int64_t Sum = 0;
    for (auto &Height : C.Heights)
      Sum += Height[T];
    Most = std::max(Most, Sum);
  }
  C.Capacity = std::max<int64_t>(1, Most + between(R, -1, 2));
  return C;
}

bool clash(const Case &C, size_t A, int64_t AtA, size_t B, int64_t AtB) {
  for (int T = 0; T < MaxTime; ++T) {
    int64_t HeightA = C.Heights[A][T], HeightB = C.Heights[B][T];
    if (HeightA && HeightB && AtA < AtB + HeightB && AtB < AtA + HeightA)
      return true;
  }
  return false;
}

bool legal(const Case &C, size_t B, int64_t At, const std::vector<int64_t> &Offsets) {
  const BufferSpec &Spec = C.Buffers[B];
  if (At < Spec.Release || At % Spec.Align || At + Spec.Size > std::min(Spec.Deadline, C.Capacity))
    return false;
  for (size_t Other = 0; Other < B; ++Other)
    if (clash(C, B, At, Other, Offsets[Other]))
      return false;
  return true;
}

bool extend(const Case &C, std::vector<int64_t> &Offsets) {
  size_t B = Offsets.size();
  if (B == C.Buffers.size())
    return true;
  for (int64_t At = 0; At < C.Capacity; ++At) {
    if (!legal(C, B, At, Offsets))
      continue;
    Offsets.push_back(At);
    if (extend(C, Offsets))
      return true;
    Offsets.pop_back();
  }
  return false;
}

bool isPlan(const Case &C, const std::vector<int64_t> &Offsets) {
  for (size_t B = 0; B < C.Buffers.size(); ++B)
    if (!legal(C, B, Offsets[B], Offsets))
      return false;
  return Offsets.size() == C.Buffers.size();
}

/// The switches take turns, so that every path is run.
Params paramsOf(uint64_t Seed) {
  Params P;
  P.Seed = Seed;
  P.Greedy = Seed % 2;
  P.RestartBase = 1 + Seed % 5;
  P.Backjumping = Seed % 3 != 0;
  P.FailedStates = Seed % 7 != 0;
  P.SubsetBound = Seed % 11 != 0;
  P.LearnedOrder = Seed % 5 != 0;
  P.LearnedBacktracking = Seed % 4 == 1;
  P.TimeSweep = Seed % 13 != 0;
  return P;
}

/// 1: feasible, 0: infeasible, -1: the core is wrong.
int check(uint64_t Seed) {
  Case C = makeCase(Seed);
  auto Never = [] { return false; };
  Answer A = solve(C.Buffers, C.Pieces, C.Capacity, paramsOf(Seed), {Never, Never});
  std::vector<int64_t> Offsets;
  if (A.Result == Outcome::Solved)
    return isPlan(C, A.Offsets) ? 1 : -1;
  return A.Result == Outcome::Infeasible && !extend(C, Offsets) ? 0 : -1;
}

} // namespace

int main(int Argc, char **Argv) {
  if (Argc != 3)
    return 2;
  long Counts[2] = {0, 0};
  for (long Seed = std::atol(Argv[1]); Seed < std::atol(Argv[2]); ++Seed) {
    int Found = check(uint64_t(Seed));
    if (Found < 0) {
      std::fprintf(stderr, "seed %ld: wrong answer\n", Seed);
      return 1;
    }
    ++Counts[Found];
  }
  std::printf("%ld feasible, %ld infeasible\n", Counts[1], Counts[0]);
}
