/* Ranks the tiles of XLA kernels: a model of `cost-model train`, compiled ahead of time by
 * TensorFlow. The library needs neither TensorFlow nor Python, and no other file.
 *
 * Kernels are in the format of TpuGraphs' tile collection. A CostModel is used by one thread at a
 * time; make one for each thread.
 */
#ifndef COST_MODEL_H
#define COST_MODEL_H

#include <stdint.h>

#define COST_MODEL_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

enum {
  COST_MODEL_NODE_FEATURES = 140,
  COST_MODEL_CONFIG_FEATURES = 24,
};

/* What the functions below return. */
enum {
  COST_MODEL_OK = 0,
  /* More nodes than the library was compiled for; see cost_model_spec(). */
  COST_MODEL_TOO_MANY_NODES = 1,
  COST_MODEL_TOO_MANY_EDGES = 2,
  /* No nodes, no tiles, or an edge that points outside of the nodes. */
  COST_MODEL_BAD_KERNEL = 3,
  /* A feature is not a finite number. */
  COST_MODEL_NOT_FINITE = 4,
};

/* A kernel's graph; the caller keeps the arrays. */
typedef struct {
  int32_t nodes;
  int32_t edges;
  const float *node_feat;     /* nodes x 140 */
  const int32_t *node_opcode; /* nodes */
  const int32_t *edge_index;  /* edges x 2: user, operand */
} CostModelKernel;

typedef struct CostModel CostModel;

/* JSON: {"name":..., "sha256":..., "nodes":..., "edges":..., "tiles":...}: which model this is,
 * and the largest kernel. "tiles" are evaluated at a time; any number can be ranked. */
COST_MODEL_API const char *cost_model_spec(void);

/* NULL when there is no memory. */
COST_MODEL_API CostModel *cost_model_create(void);
COST_MODEL_API void cost_model_destroy(CostModel *model);

/* Scores tiles: lower is faster; the difference of two scores estimates the logarithm of the
 * ratio of their times.
 *   config_feat: tiles x 24
 *   scores: tiles
 */
COST_MODEL_API int cost_model_score(CostModel *model, const CostModelKernel *kernel,
                                    const float *config_feat, int32_t tiles, float *scores);

/* Ranks tiles: order[0] is the index of the one that should be fastest. Equal scores keep the
 * order of the tiles.
 *   order: tiles
 */
COST_MODEL_API int cost_model_rank(CostModel *model, const CostModelKernel *kernel,
                                   const float *config_feat, int32_t tiles, int32_t *order);

#ifdef __cplusplus
}
#endif

#endif
