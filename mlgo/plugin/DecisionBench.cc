// Measures one decision of the embedded model; prints nanoseconds per decision as JSON.
#include "EmbeddedModel.h"
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

int main() {
  using Clock = std::chrono::steady_clock;
  constexpr int Inputs = 39, Decisions = 100000;
  void *Model = mlgo_inlining_model.Create();
  std::mt19937 Random(1);
  std::vector<double> Nanoseconds;
  float Sum = 0; // printed, so that no evaluation can be optimised away
  for (int I = 0; I < Decisions; ++I) {
    for (int Input = 0; Input < Inputs; ++Input)
      if (auto *Buffer = static_cast<int64_t *>(mlgo_inlining_model.Input(Model, Input)))
        *Buffer = static_cast<int64_t>(Random() % 1000);
    auto Begin = Clock::now();
    Sum += mlgo_inlining_model.Evaluate(Model);
    Nanoseconds.push_back(std::chrono::duration<double, std::nano>(Clock::now() - Begin).count());
  }
  mlgo_inlining_model.Destroy(Model);
  std::sort(Nanoseconds.begin(), Nanoseconds.end());
  std::printf("{\"decisions\": %d, \"p50_ns\": %.0f, \"p99_ns\": %.0f, \"checksum\": %.3f}\n",
              Decisions, Nanoseconds[Decisions / 2], Nanoseconds[Decisions * 99 / 100],
              static_cast<double>(Sum));
}
