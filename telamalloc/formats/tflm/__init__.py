"""TensorFlow Lite Micro: models in, models with an offline memory plan out."""
