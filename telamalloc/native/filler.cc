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

  /// Whole fillers end; what was not needed begins anew, wherever.
  void use(int64_t Size, int64_t Now) {
    while (Size > 0) {
      const size_t At = pick(Size);
      const Solid S = Open[At];
      Open.erase(Open.begin() + static_cast<std::ptrdiff_t>(At));
      if (S.Lower < Now)
        end(S, Now);
      free(S.Spec.Size - Size, Now);
      Size -= S.Spec.Size;
    }
  }

  void move(double Share, int64_t Now) {
    for (Solid &S : Open)
      if (S.Lower < Now && Rng.uniform() < Share)
        S.Lower = end(S, Now);
  }

  std::vector<Solid> take() { return std::move(Ended); }

private:
  static Solid made(int64_t Size, int64_t Lower, int64_t Upper) {
    Solid S{Lower, Upper, {}};
    S.Spec.Size = Size;
    return S;
  }

  int64_t end(const Solid &S, int64_t Now) {
    Ended.push_back(made(S.Spec.Size, S.Lower, Now));
    return Now;
  }

  /// One that is as large, else one of few that are together, else the smallest that is larger,
  /// else the largest.
  size_t pick(int64_t Size) {
    std::vector<size_t> Equal, Half, Third;
    const size_t N = Open.size();
    auto size = [&](size_t K) { return Open[K].Spec.Size; };
    for (size_t A = 0; A < N; ++A) {
      if (size(A) == Size)
        Equal.push_back(A);
      for (size_t B = 0; B < A; ++B) {
        if (size(A) + size(B) == Size)
          Half.push_back(A);
        for (size_t C = 0; C < B && N <= FewOpen; ++C)
          if (size(A) + size(B) + size(C) == Size)
            Third.push_back(A);
      }
    }
    for (const std::vector<size_t> *From : {&Equal, &Half, &Third})
      if (!From->empty())
        return (*From)[static_cast<size_t>(Rng.uniform() * double(From->size()))];
    size_t Best = 0;
    for (size_t K = 1; K < N; ++K)
      if (size(Best) < Size ? size(K) > size(Best) : size(K) >= Size && size(K) < size(Best))
        Best = K;
    return Best;
  }

  static constexpr size_t FewOpen = 64; ///< Of more no three are looked for.

  Random &Rng;
  std::vector<Solid> Open, Ended;
};

} // namespace

std::vector<Solid> telamalloc::fillersOf(const std::vector<Solid> &Solids, int64_t Capacity,
                                         double Moving, Random &Rng) {
  std::map<int64_t, int64_t> Change; // Of what is free, by time.
  for (const Solid &S : Solids) {
    Change[S.Lower] -= S.Spec.Size;
    Change[S.Upper] += S.Spec.Size;
  }
  Change.begin()->second += Capacity;
  Change.rbegin()->second -= Capacity;
  Filler F(Rng);
  for (auto [Now, Size] : Change) {
    F.use(-Size, Now);
    F.move(Moving, Now);
    F.free(Size, Now);
  }
  return F.take();
}
