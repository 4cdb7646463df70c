// The C interface around a model that TensorFlow compiled ahead of time. `cost-model export`
// compiles this with the generated model.h and shape.h.
#include "cost_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <numeric>
#include <vector>

#include "model.h"
#include "shape.h"

namespace {

constexpr int32_t NodeFeatures = COST_MODEL_NODE_FEATURES;
constexpr int32_t ConfigFeatures = COST_MODEL_CONFIG_FEATURES;

int check(const CostModelKernel &Kernel, int32_t Tiles) {
  if (Kernel.nodes < 1 || Kernel.edges < 0 || Tiles < 1)
    return COST_MODEL_BAD_KERNEL;
  if (Kernel.nodes > MaxNodes)
    return COST_MODEL_TOO_MANY_NODES;
  if (Kernel.edges > MaxEdges)
    return COST_MODEL_TOO_MANY_EDGES;
  const int32_t *End = Kernel.edge_index + 2 * Kernel.edges;
  bool Inside = std::all_of(Kernel.edge_index, End,
                            [&](int32_t Node) { return Node >= 0 && Node < Kernel.nodes; });
  return Inside ? COST_MODEL_OK : COST_MODEL_BAD_KERNEL;
}

bool finite(const float *Values, int64_t Count) {
  return std::all_of(Values, Values + Count, [](float Value) { return std::isfinite(Value); });
}

// Copies Count values and fills the rest of Size with Padding.
template <typename T> void fill(T *To, const T *From, int64_t Count, int64_t Size, T Padding) {
  std::copy(From, From + Count, To);
  std::fill(To + Count, To + Size, Padding);
}

void setKernel(mlgo_aot::Model &Model, const CostModelKernel &Kernel) {
  fill(Model.arg_feed_node_feat_data(), Kernel.node_feat, int64_t{Kernel.nodes} * NodeFeatures,
       int64_t{MaxNodes} * NodeFeatures, 0.0f);
  fill<int32_t>(Model.arg_feed_node_opcode_data(), Kernel.node_opcode, Kernel.nodes, MaxNodes, 0);
  fill<int32_t>(Model.arg_feed_edge_index_data(), Kernel.edge_index, 2 * Kernel.edges, 2 * MaxEdges,
                -1);
}

} // namespace

struct CostModel {
  mlgo_aot::Model Model;
  std::vector<float> Scores;
};

extern "C" {

const char *cost_model_spec(void) { return Spec; }

CostModel *cost_model_create(void) { return new (std::nothrow) CostModel; }

void cost_model_destroy(CostModel *Model) { delete Model; }

int cost_model_score(CostModel *Model, const CostModelKernel *Kernel, const float *ConfigFeat,
                     int32_t Tiles, float *Scores) {
  if (int Status = check(*Kernel, Tiles))
    return Status;
  if (!finite(Kernel->node_feat, int64_t{Kernel->nodes} * NodeFeatures) ||
      !finite(ConfigFeat, int64_t{Tiles} * ConfigFeatures))
    return COST_MODEL_NOT_FINITE;
  setKernel(Model->Model, *Kernel);
  for (int32_t First = 0; First < Tiles; First += TilesAtATime) {
    int32_t Count = std::min(TilesAtATime, Tiles - First);
    fill(Model->Model.arg_feed_config_feat_data(), ConfigFeat + int64_t{First} * ConfigFeatures,
         int64_t{Count} * ConfigFeatures, int64_t{TilesAtATime} * ConfigFeatures, 0.0f);
    Model->Model.Run();
    std::copy_n(Model->Model.result_fetch_scores_data(), Count, Scores + First);
  }
  return COST_MODEL_OK;
}

int cost_model_rank(CostModel *Model, const CostModelKernel *Kernel, const float *ConfigFeat,
                    int32_t Tiles, int32_t *Order) {
  Model->Scores.resize(std::max(Tiles, 0));
  float *Scores = Model->Scores.data();
  if (int Status = cost_model_score(Model, Kernel, ConfigFeat, Tiles, Scores))
    return Status;
  std::iota(Order, Order + Tiles, 0);
  std::stable_sort(Order, Order + Tiles,
                   [&](int32_t A, int32_t B) { return Scores[A] < Scores[B]; });
  return COST_MODEL_OK;
}
}
