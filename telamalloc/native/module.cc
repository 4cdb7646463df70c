//===- module.cc - The core as a Python module ----------------------------===//

#include "solver.h"
#include "trace.h"

#include <chrono>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace telamalloc;

namespace {

using Column = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Clock = std::chrono::steady_clock;

/// Raised from another thread to end a solve early.
struct StopFlag {
  std::atomic<bool> Raised{false};
};

double secondsSince(Clock::time_point Start) {
  return std::chrono::duration<double>(Clock::now() - Start).count();
}

nb::object toArray(const std::vector<int64_t> &Values) {
  int64_t *Data = new int64_t[Values.size() + 1];
  std::copy(Values.begin(), Values.end(), Data);
  nb::capsule Owner(Data, [](void *P) noexcept { delete[] static_cast<int64_t *>(P); });
  return nb::cast(nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>(Data, {Values.size()}, Owner));
}

std::vector<BufferSpec> makeBuffers(Column Size, Column Align, Column Release, Column Deadline) {
  std::vector<BufferSpec> Buffers(Size.shape(0));
  for (size_t B = 0; B < Buffers.size(); ++B)
    Buffers[B] = {Size(B), Align(B), Release(B), Deadline(B)};
  return Buffers;
}

std::vector<Piece> makePieces(Column Lower, Column Upper, Column Height, Column Owner) {
  std::vector<Piece> Pieces(Lower.shape(0));
  for (size_t P = 0; P < Pieces.size(); ++P)
    Pieces[P] = {Lower(P), Upper(P), Height(P), static_cast<int32_t>(Owner(P))};
  return Pieces;
}

/// A forest whose table Python owns, to try before it is compiled in.
struct Model {
  std::vector<TreeNode> Nodes;
  std::vector<int32_t> Roots;

  Model(nb::ndarray<const float, nb::ndim<1>, nb::c_contig> Value, Column Feature, Column High,
        Column Root) {
    for (size_t N = 0; N < Value.shape(0); ++N)
      Nodes.push_back({Value(N), static_cast<int16_t>(Feature(N)), static_cast<int16_t>(High(N))});
    for (size_t T = 0; T < Root.shape(0); ++T)
      Roots.push_back(static_cast<int32_t>(Root(T)));
  }
  Forest forest() const { return {Nodes.data(), Roots.data(), static_cast<int>(Roots.size())}; }
};

template <size_t Columns> nb::object toRows(const std::vector<std::array<float, Columns>> &Rows) {
  float *Data = new float[Rows.size() * Columns + 1];
  for (size_t R = 0; R < Rows.size(); ++R)
    std::copy(Rows[R].begin(), Rows[R].end(), Data + R * Columns);
  nb::capsule Keeper(Data, [](void *P) noexcept { delete[] static_cast<float *>(P); });
  return nb::cast(nb::ndarray<nb::numpy, float, nb::ndim<2>>(Data, {Rows.size(), Columns}, Keeper));
}

/// (features (rows, NumBacktrackFeatures) float32, label (rows,)) of one solve.
nb::tuple runDeadEnds(Column Size, Column Align, Column Release, Column Deadline, Column Lower,
                      Column Upper, Column Height, Column Owner, int64_t Capacity,
                      const Params &P) {
  BacktrackTrace Out;
  {
    nb::gil_scoped_release Unlocked;
    Params Q = P;
    Q.DeadEnds = &Out;
    Q.Greedy = false;
    Watch Never{[] { return false; }, [] { return false; }};
    solve(makeBuffers(Size, Align, Release, Deadline), makePieces(Lower, Upper, Height, Owner),
          Capacity, Q, Never);
  }
  return nb::make_tuple(toRows(Out.Rows), toArray(Out.Label));
}

/// (features (rows, NumFeatures) float32, choice (rows,), label (rows,))
nb::tuple runTrace(Column Size, Column Align, Column Release, Column Deadline, Column Lower,
                   Column Upper, Column Height, Column Owner, int64_t Capacity, Column Plan,
                   const Params &P) {
  Trace Out;
  {
    nb::gil_scoped_release Unlocked;
    for (const Instance &I : buildInstances(makeBuffers(Size, Align, Release, Deadline),
                                            makePieces(Lower, Upper, Height, Owner))) {
      std::vector<int64_t> Local;
      for (int Row : I.Original)
        Local.push_back(Plan(Row));
      trace(I, Capacity, Local, P, Out);
    }
  }
  return nb::make_tuple(toRows(Out.Rows), toArray(Out.Choice), toArray(Out.Label));
}

/// (outcome, offsets, lower bound, seconds, counters...)
nb::tuple runCore(bool Minimize, Column Size, Column Align, Column Release, Column Deadline,
                  Column Lower, Column Upper, Column Height, Column Owner, int64_t Capacity,
                  const Params &P, StopFlag &Flag) {
  auto Start = Clock::now();
  Answer A;
  bool Signalled = false;
  {
    nb::gil_scoped_release Release_;
    std::vector<BufferSpec> Buffers = makeBuffers(Size, Align, Release, Deadline);
    std::vector<Piece> Pieces = makePieces(Lower, Upper, Height, Owner);
    auto LastSignalCheck = Start;
    Watch W;
    W.TimeUp = [&] { return P.Timeout > 0 && secondsSince(Start) > P.Timeout; };
    W.Stop = [&] {
      if (secondsSince(LastSignalCheck) > 0.05) {
        LastSignalCheck = Clock::now();
        nb::gil_scoped_acquire Acquire;
        Signalled = Signalled || PyErr_CheckSignals() != 0;
      }
      return Signalled || Flag.Raised.load(std::memory_order_relaxed);
    };
    A = Minimize ? minimize(Buffers, Pieces, Capacity, P, W)
                 : solve(Buffers, Pieces, Capacity, P, W);
    A.Seconds = secondsSince(Start);
  }
  if (Signalled)
    throw nb::python_error();
  const Counters &C = A.Count;
  return nb::make_tuple(static_cast<int>(A.Result), toArray(A.Offsets), A.LowerBound, A.Seconds,
                        C.Nodes, C.Backtracks, C.MajorBacktracks, C.Restarts, A.Parts, C.Winner);
}

void bindParams(nb::module_ &M) {
  nb::class_<Params>(M, "Params")
      .def(nb::init<>())
      .def_rw("node_budget", &Params::NodeBudget)
      .def_rw("timeout", &Params::Timeout)
      .def_rw("seed", &Params::Seed)
      .def_rw("backjumping", &Params::Backjumping)
      .def_rw("failed_states", &Params::FailedStates)
      .def_rw("subset_bound", &Params::SubsetBound)
      .def_rw("restarts", &Params::Restarts)
      .def_rw("restart_base", &Params::RestartBase)
      .def_rw("conflict_weights", &Params::ConflictWeights)
      .def_rw("greedy", &Params::Greedy)
      .def_rw("order", &Params::Order)
      .def_rw("learned_backtracking", &Params::LearnedBacktracking)
      .def_rw("give_up", &Params::GiveUp)
      .def_rw("probe", &Params::Probe)
      .def_rw("noise", &Params::Noise)
      .def_rw("learned_order", &Params::LearnedOrder)
      .def_rw("time_sweep", &Params::TimeSweep)
      .def(
          "use_order_model", [](Params &P, const Model &M) { P.OrderModel = M.forest(); },
          nb::keep_alive<1, 2>())
      .def(
          "use_backtrack_model", [](Params &P, const Model &M) { P.BacktrackModel = M.forest(); },
          nb::keep_alive<1, 2>());
}

} // namespace

NB_MODULE(_core, M) {
  M.doc() = "The C++ core of telamalloc; use it through telamalloc.solver.";
  bindParams(M);
  nb::class_<StopFlag>(M, "StopFlag", "Ends a running solve when raised, from any thread.")
      .def(nb::init<>())
      .def("set", [](StopFlag &F) { F.Raised = true; })
      .def("clear", [](StopFlag &F) { F.Raised = false; })
      .def("is_set", [](const StopFlag &F) { return F.Raised.load(); });
  nb::class_<Model>(M, "Model", "A forest of trees, see forest.h.")
      .def(nb::init<nb::ndarray<const float, nb::ndim<1>, nb::c_contig>, Column, Column, Column>());
  M.def("run", &runCore);
  M.def("trace", &runTrace);
  M.def("dead_ends", &runDeadEnds);
  nb::list Names;
  for (const char *Name : FeatureNames)
    Names.append(Name);
  M.attr("FEATURES") = nb::tuple(Names);
  nb::list Backtrack;
  for (const char *Name : BacktrackFeatureNames)
    Backtrack.append(Name);
  M.attr("BACKTRACK_FEATURES") = nb::tuple(Backtrack);
}
