//===- instance.cc - One independent part of a problem --------------------===//

#include "instance.h"

#include <algorithm>

using namespace telamalloc;

namespace {

/// The change of one buffer's height at a time.
struct Event {
  int64_t Time;
  bool Grows;
  int32_t Piece;
};

std::vector<Event> sortedEvents(const std::vector<Piece> &Pieces) {
  std::vector<Event> Events;
  Events.reserve(2 * Pieces.size());
  for (size_t P = 0; P < Pieces.size(); ++P) {
    Events.push_back({Pieces[P].Lower, true, static_cast<int32_t>(P)});
    Events.push_back({Pieces[P].Upper, false, static_cast<int32_t>(P)});
  }
  std::sort(Events.begin(), Events.end(), [](const Event &A, const Event &B) {
    if (A.Time != B.Time)
      return A.Time < B.Time;
    if (A.Grows != B.Grows)
      return A.Grows < B.Grows; // Ends first: lifetimes are half-open.
    return A.Piece < B.Piece;
  });
  return Events;
}

/// First and last section of every piece: a section closes where a piece ends
/// after another one has begun, so every section is a maximal live set.
struct Span {
  int First;
  int Last;
};

int assignSections(const std::vector<Event> &Events, std::vector<Span> &Spans) {
  int Section = 0;
  bool Grown = false;
  for (const Event &E : Events) {
    if (E.Grows) {
      Grown = true;
      Spans[E.Piece].First = Section;
      continue;
    }
    if (Grown)
      ++Section;
    Grown = false;
    Spans[E.Piece].Last = Section - 1;
  }
  return Section;
}

/// Which part of the time axis each section belongs to.
std::vector<int> partOfSection(int NumSections, const std::vector<Piece> &Pieces,
                               const std::vector<Span> &Spans, int NumBuffers) {
  std::vector<Span> Whole(NumBuffers, {NumSections, -1});
  for (size_t P = 0; P < Pieces.size(); ++P) {
    Span &W = Whole[Pieces[P].Buffer];
    W.First = std::min(W.First, Spans[P].First);
    W.Last = std::max(W.Last, Spans[P].Last);
  }
  std::vector<int> Crossing(NumSections + 1, 0);
  for (const Span &W : Whole) {
    if (W.Last < 0)
      continue;
    ++Crossing[W.First];
    --Crossing[W.Last];
  }
  std::vector<int> Part(NumSections, 0);
  for (int S = 1, Open = NumSections ? Crossing[0] : 0; S < NumSections; ++S) {
    Part[S] = Part[S - 1] + (Open == 0);
    Open += Crossing[S];
  }
  return Part;
}

} // namespace

std::vector<Instance> telamalloc::buildInstances(const std::vector<BufferSpec> &Buffers,
                                                 std::vector<Piece> Pieces) {
  std::stable_sort(Pieces.begin(), Pieces.end(), [](const Piece &A, const Piece &B) {
    return A.Buffer != B.Buffer ? A.Buffer < B.Buffer : A.Lower < B.Lower;
  });
  std::vector<Span> Spans(Pieces.size());
  int NumSections = assignSections(sortedEvents(Pieces), Spans);
  std::vector<int> Part =
      partOfSection(NumSections, Pieces, Spans, static_cast<int>(Buffers.size()));
  std::vector<Instance> Parts(NumSections ? Part.back() + 1 : 0);
  std::vector<int> FirstSection(Parts.size(), -1);
  for (int S = 0; S < NumSections; ++S) {
    if (FirstSection[Part[S]] < 0)
      FirstSection[Part[S]] = S;
    ++Parts[Part[S]].NumSections;
  }
  for (size_t P = 0; P < Pieces.size(); ++P) {
    int B = Pieces[P].Buffer;
    int Index = Part[Spans[P].First];
    Instance &I = Parts[Index];
    if (P == 0 || Pieces[P - 1].Buffer != B) {
      I.First.push_back(static_cast<int>(I.Incidences.size()));
      I.Buffers.push_back(Buffers[B]);
      I.Original.push_back(B);
      I.Lifetime.push_back(0);
      ++I.NumBuffers;
    }
    I.Lifetime.back() += Pieces[P].Upper - Pieces[P].Lower;
    for (int S = Spans[P].First; S <= Spans[P].Last; ++S)
      I.Incidences.push_back({S - FirstSection[Index], Pieces[P].Height});
  }
  for (Instance &I : Parts)
    I.First.push_back(static_cast<int>(I.Incidences.size()));
  return Parts;
}

int64_t telamalloc::largestLiveSum(const Instance &I) {
  std::vector<int64_t> Sum(I.NumSections, 0);
  for (const Incidence &Inc : I.Incidences)
    Sum[Inc.Section] += Inc.Height;
  return Sum.empty() ? 0 : *std::max_element(Sum.begin(), Sum.end());
}
