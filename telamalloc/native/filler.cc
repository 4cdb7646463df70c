//===- filler.cc - Free memory as buffers of nobody -----------------------===//

#include "filler.h"

#include <algorithm>
#include <map>

using namespace telamalloc;

namespace {

class Filler {
public:
  explicit Filler(Random &Rng) : Rng(Rng) {}

  void free(int64_t Size, int64_t Now) {
    if (Size > 0)
      Open.push_back(made(Size, Now, Now));
  }

  void use(int64_t Size, int64_t Now) {
    while (Size > 0) {
      const size_t At = pick(Size);
      Solid &S = Open[At];
      const int64_t Part = std::min(Size, S.Spec.Size);
      if (S.Lower < Now)
        Ended.push_back(made(Part, S.Lower, Now));
      S.Spec.Size -= Part;
      Size -= Part;
      if (!S.Spec.Size)
        Open.erase(Open.begin() + static_cast<std::ptrdiff_t>(At));
    }
  }

  std::vector<Solid> take() { return std::move(Ended); }

private:
  static Solid made(int64_t Size, int64_t Lower, int64_t Upper) {
    Solid S{Lower, Upper, {}};
    S.Spec.Size = Size;
    return S;
  }

  /// One that is as large, else one of two that are together, else the last.
  size_t pick(int64_t Size) {
    std::vector<size_t> Equal, Half;
    for (size_t A = 0; A < Open.size(); ++A) {
      if (Open[A].Spec.Size == Size)
        Equal.push_back(A);
      for (size_t B = 0; B < A; ++B)
        if (Open[A].Spec.Size + Open[B].Spec.Size == Size)
          Half.push_back(A);
    }
    const std::vector<size_t> &From = Equal.empty() ? Half : Equal;
    return From.empty() ? Open.size() - 1
                        : From[static_cast<size_t>(Rng.uniform() * double(From.size()))];
  }

  Random &Rng;
  std::vector<Solid> Open, Ended;
};

} // namespace

std::vector<Solid> telamalloc::fillersOf(const std::vector<Solid> &Solids, int64_t Capacity,
                                         Random &Rng) {
  std::map<int64_t, int64_t> Change; // Of what is free, by time.
  for (const Solid &S : Solids) {
    Change[S.Lower] -= S.Spec.Size;
    Change[S.Upper] += S.Spec.Size;
  }
  Change.begin()->second += Capacity;
  Change.rbegin()->second -= Capacity;
  Filler F(Rng);
  for (auto [Now, Size] : Change) {
    F.free(Size, Now);
    F.use(-Size, Now);
  }
  return F.take();
}
