// The C interface of models compiled ahead of time by TensorFlow, as `mlgo export` makes them.
// The object files with these symbols are self-contained: they need neither TensorFlow nor its
// headers. A plugin is linked with one for each policy that it holds.
#ifndef MLGO_EMBEDDED_MODEL_H
#define MLGO_EMBEDDED_MODEL_H

extern "C" {

struct MlgoEmbeddedModel {
  /// JSON: {"name":..., "sha256":..., "inputs":[{"name":..., "port":0, "type":..., "shape":[...]}]}
  const char *Spec;
  void *(*Create)();
  void (*Destroy)(void *Instance);
  /// The buffer of input \p Index, in the order of the specification.
  void *(*Input)(void *Instance, int Index);
  float (*Evaluate)(void *Instance);
};

/// Scores the slots of a question instead of answering yes or no.
struct MlgoEmbeddedScorer {
  /// As above, and "outputs": how many scores there are.
  const char *Spec;
  void *(*Create)();
  void (*Destroy)(void *Instance);
  void *(*Input)(void *Instance, int Index);
  const float *(*Evaluate)(void *Instance);
};

extern const MlgoEmbeddedModel mlgo_inlining_model;
extern const MlgoEmbeddedScorer mlgo_eviction_model;
extern const MlgoEmbeddedModel mlgo_priority_model;
extern const MlgoEmbeddedModel mlgo_size_priority_model;
extern const MlgoEmbeddedModel mlgo_pass_model;
}

#endif
