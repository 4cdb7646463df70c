// The C interface of a model compiled ahead of time by TensorFlow, as `mlgo export` makes it.
// The object file with these symbols is self-contained: it needs neither TensorFlow nor its
// headers.
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

extern const MlgoEmbeddedModel mlgo_inlining_model;
}

#endif
