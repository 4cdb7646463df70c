"""Sizes of published models: hidden and feed-forward sizes, heads, channels, resolutions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transformer:
    """Sizes of one transformer.

    Attributes:
        family: for the split.
        model: its published name.
        hidden: width of the residual stream.
        inner: width of the feed-forward layer.
        heads: of the attention.
        tokens: how many are processed at once: a measured kernel each.
        activation: of the feed-forward layer.
        bias: whether its layers have biases.
        kv_heads: heads of keys and values; 0 for as many as `heads`.
    """

    family: str
    model: str
    hidden: int
    inner: int
    heads: int
    tokens: tuple[int, ...]
    activation: str
    bias: bool = True
    kv_heads: int = 0


TRANSFORMERS = (
    Transformer("bert", "bert-tiny", 128, 512, 2, (32, 64, 128, 256), "gelu"),
    Transformer("bert", "bert-mini", 256, 1024, 4, (16, 32, 64, 128), "gelu"),
    Transformer("bert", "bert-small", 512, 2048, 8, (4, 8, 16, 48), "gelu"),
    Transformer("bert", "tinybert-4l", 312, 1200, 12, (16, 32, 64, 128), "gelu"),
    Transformer("bert", "bert-base", 768, 3072, 12, (4, 16, 64), "gelu"),
    Transformer("gpt2", "gpt2", 768, 3072, 12, (2, 4, 8, 16), "gelu"),
    Transformer("gpt2", "gpt-neo-3m", 128, 512, 16, (32, 96, 192), "gelu"),
    Transformer("gpt2", "pythia-14m", 128, 512, 4, (24, 80, 160), "gelu"),
    Transformer("gpt2", "pythia-31m", 256, 1024, 8, (12, 40, 96), "gelu"),
    Transformer("gpt2", "pythia-70m", 512, 2048, 8, (6, 12, 32), "gelu"),
    Transformer("t5", "t5-small", 512, 2048, 8, (4, 10, 24, 64), "relu", bias=False),
    Transformer("t5", "t5-efficient-tiny", 256, 1024, 4, (20, 50, 100), "relu", bias=False),
    Transformer("t5", "t5-base", 768, 3072, 12, (3, 5, 20), "relu", bias=False),
    Transformer("t5", "byt5-tiny", 384, 1152, 6, (16, 36, 72), "gelu", bias=False),
    Transformer("llama", "stories15m", 288, 768, 6, (16, 40, 100), "silu", bias=False),
    Transformer("llama", "stories42m", 512, 1376, 8, (8, 20, 44), "silu", bias=False),
    Transformer("llama", "smollm-135m", 576, 1536, 9, (2, 6, 14, 30), "silu", False, 3),
    Transformer("llama", "qwen2-0.5b", 896, 4864, 14, (2, 3, 12), "silu", False, 2),
    Transformer("llama", "tinyllama-1.1b", 2048, 5632, 32, (2, 3), "silu", False, 4),
    Transformer("vit", "vit-tiny", 192, 768, 3, (49, 65, 197), "gelu"),
    Transformer("vit", "vit-small", 384, 1536, 6, (17, 26, 65), "gelu"),
    Transformer("vit", "vit-base", 768, 3072, 12, (5, 10, 17), "gelu"),
    Transformer("vit", "mobilevit-xs", 96, 192, 4, (64, 256), "silu"),
    Transformer("vit", "mobilevit-s", 144, 288, 4, (64, 256), "silu"),
)

# model, batches, widths of the layers, activation
PERCEPTRONS = (
    ("mlp", "mnist-mlp", (16, 64, 128), (784, 300, 100), "relu"),
    ("mlp", "mnist-512", (8, 32), (784, 512, 512), "relu"),
    ("mlp", "wide-deep", (8, 32, 50), (429, 1024, 512, 256), "relu"),
    ("mlp", "autoencoder", (32, 100), (784, 128, 64, 128, 784), "sigmoid"),
    ("mlp", "policy-tanh", (64, 256), (376, 256, 256), "tanh"),
    ("nerf", "nerf", (64, 96, 192), (256, 256, 128), "relu"),
    ("nerf", "nerf-in", (64, 128, 256), (63, 256), "relu"),
    ("nerf", "nerf-skip", (48, 100), (319, 256), "relu"),
    ("nerf", "nerf-view", (64, 200), (283, 128), "relu"),
    ("nerf", "tiny-nerf", (512, 1024), (32, 64, 64), "relu"),
    ("nerf", "siren", (64, 150), (256, 256), "tanh"),
    ("dlrm", "dlrm-bottom", (128, 256), (512, 256, 64), "relu"),
    ("dlrm", "dlrm-top", (16, 64, 128), (415, 512, 256), "relu"),
    ("dlrm", "dlrm-large-top", (4, 10), (479, 1024, 1024), "relu"),
    ("dlrm", "dcn-cross", (8, 24, 60), (432, 432), "none"),
    ("dlrm", "ncf", (64, 128, 256), (256, 128, 64), "relu"),
    ("pointnet", "pointnet", (256, 512, 1024), (64, 64, 128), "relu"),
    ("pointnet", "pointnet-global", (32, 64), (128, 1024), "relu"),
    ("pointnet", "pointnet-head", (4, 16), (1024, 512, 256), "relu"),
    ("pointnet", "pointnet2", (128, 512), (67, 64, 128), "relu"),
    ("mixer", "mixer-s16-channel", (4, 9), (512, 2048), "gelu"),
    ("mixer", "mixer-b16-token", (64,), (196, 384), "gelu"),
    ("mixer", "mixer-s16-token", (64, 128), (196, 256), "gelu"),
    ("mixer", "resmlp-12", (16, 49), (384, 384), "gelu"),
    ("mixer", "gmlp-tiny", (14, 49), (128, 768), "gelu"),
)

# model, output positions, kernel area, input channels, output channels, activation
CONVOLUTIONS = (
    ("resnet", "resnet20", 1024, 9, 16, 16, "relu"),
    ("resnet", "resnet20", 256, 9, 16, 32, "relu"),
    ("resnet", "resnet20", 256, 9, 32, 32, "relu"),
    ("resnet", "resnet20", 64, 9, 32, 64, "relu"),
    ("resnet", "resnet20", 64, 9, 64, 64, "relu"),
    ("resnet", "resnet20", 1024, 9, 3, 16, "relu"),
    ("resnet", "resnet18", 49, 1, 256, 512, "none"),
    ("resnet", "resnet18", 16, 9, 128, 256, "relu"),
    ("resnet", "resnet18", 196, 1, 128, 256, "none"),
    ("resnet", "resnet18", 64, 9, 64, 128, "relu"),
    ("resnet", "resnet18", 196, 9, 64, 64, "relu"),
    ("resnet", "resnet18", 4, 9, 256, 512, "relu"),
    ("resnet", "resnet50", 196, 1, 256, 64, "relu"),
    ("resnet", "resnet50", 196, 1, 64, 256, "none"),
    ("resnet", "resnet50", 784, 1, 64, 64, "relu"),
    ("resnet", "resnet50", 49, 1, 512, 128, "relu"),
    ("resnet", "resnet50", 49, 1, 128, 512, "none"),
    ("resnet", "resnet50", 16, 1, 1024, 256, "relu"),
    ("resnet", "resnet50", 16, 1, 256, 1024, "none"),
    ("resnet", "resnet50", 49, 1, 256, 1024, "none"),
    ("resnet", "wrn-16-2", 256, 9, 32, 64, "relu"),
    ("resnet", "wrn-16-2", 64, 9, 64, 128, "relu"),
    ("mobilenet", "mobilenet-v1", 784, 1, 64, 128, "relu6"),
    ("mobilenet", "mobilenet-v1", 784, 1, 128, 128, "relu6"),
    ("mobilenet", "mobilenet-v1", 196, 1, 128, 256, "relu6"),
    ("mobilenet", "mobilenet-v1", 196, 1, 256, 256, "relu6"),
    ("mobilenet", "mobilenet-v1", 49, 1, 256, 512, "relu6"),
    ("mobilenet", "mobilenet-v1", 49, 1, 512, 512, "relu6"),
    ("mobilenet", "mobilenet-v1", 16, 1, 512, 1024, "relu6"),
    ("mobilenet", "mobilenet-v1", 1024, 9, 3, 32, "relu6"),
    ("mobilenet", "mobilenet-v2", 3136, 1, 32, 16, "none"),
    ("mobilenet", "mobilenet-v2", 3136, 1, 16, 96, "relu6"),
    ("mobilenet", "mobilenet-v2", 784, 1, 96, 24, "none"),
    ("mobilenet", "mobilenet-v2", 784, 1, 24, 144, "relu6"),
    ("mobilenet", "mobilenet-v2", 196, 1, 144, 32, "none"),
    ("mobilenet", "mobilenet-v2", 196, 1, 32, 192, "relu6"),
    ("mobilenet", "mobilenet-v2", 196, 1, 192, 32, "none"),
    ("mobilenet", "mobilenet-v2", 196, 1, 64, 384, "relu6"),
    ("mobilenet", "mobilenet-v2", 196, 1, 384, 96, "none"),
    ("mobilenet", "mobilenet-v2", 196, 1, 96, 576, "relu6"),
    ("mobilenet", "mobilenet-v2", 49, 1, 576, 160, "none"),
    ("mobilenet", "mobilenet-v2", 49, 1, 160, 960, "relu6"),
    ("mobilenet", "mobilenet-v2", 49, 1, 960, 160, "none"),
    ("mobilenet", "mobilenet-v2", 49, 1, 960, 256, "none"),
    ("mobilenet", "efficientnet-b0", 784, 1, 40, 240, "silu"),
    ("mobilenet", "efficientnet-b0", 196, 1, 240, 80, "none"),
    ("mobilenet", "efficientnet-b0", 196, 1, 80, 480, "silu"),
    ("mobilenet", "efficientnet-b0", 49, 1, 480, 112, "none"),
    ("mobilenet", "efficientnet-b0", 49, 1, 192, 1152, "silu"),
    ("mobilenet", "efficientnet-b0", 49, 1, 1152, 192, "none"),
    ("squeezenet", "squeezenet", 3025, 1, 64, 16, "relu"),
    ("squeezenet", "squeezenet", 3025, 1, 16, 64, "relu"),
    ("squeezenet", "squeezenet", 1024, 9, 16, 64, "relu"),
    ("squeezenet", "squeezenet", 729, 1, 128, 32, "relu"),
    ("squeezenet", "squeezenet", 729, 1, 32, 128, "relu"),
    ("squeezenet", "squeezenet", 256, 9, 32, 128, "relu"),
    ("squeezenet", "squeezenet", 169, 1, 256, 48, "relu"),
    ("squeezenet", "squeezenet", 169, 1, 48, 192, "relu"),
    ("squeezenet", "squeezenet", 169, 9, 48, 192, "relu"),
    ("squeezenet", "squeezenet", 169, 1, 384, 64, "relu"),
    ("squeezenet", "squeezenet", 169, 1, 64, 256, "relu"),
    ("squeezenet", "densenet-40", 1024, 9, 24, 12, "none"),
    ("squeezenet", "densenet-40", 256, 9, 100, 12, "none"),
    ("squeezenet", "densenet-40", 256, 1, 168, 168, "relu"),
    ("squeezenet", "shufflenet", 196, 1, 116, 116, "relu"),
    ("squeezenet", "shufflenet", 49, 1, 232, 232, "relu"),
    ("squeezenet", "shufflenet", 49, 1, 464, 464, "relu"),
    ("squeezenet", "inception", 289, 1, 192, 96, "relu"),
    ("squeezenet", "inception", 64, 9, 96, 128, "relu"),
    ("squeezenet", "inception", 64, 1, 480, 192, "relu"),
)

# model, gates, input size, hidden size, batches
RECURRENT = (
    ("lstm", "lstm-ptb-small", 4, 200, 200, (8, 20, 40)),
    ("lstm", "lstm-ptb-medium", 4, 650, 650, (2, 3)),
    ("lstm", "lstm-128", 4, 128, 128, (12, 32, 64)),
    ("lstm", "lstm-256", 4, 256, 256, (4, 10, 24)),
    ("lstm", "lstm-512", 4, 512, 512, (2, 4, 6)),
    ("lstm", "lstm-char", 4, 96, 512, (4, 8)),
    ("lstm", "tacotron-prenet", 4, 80, 256, (8, 16)),
    ("gru", "gru-128", 3, 128, 128, (16, 48, 100)),
    ("gru", "gru-256", 3, 256, 256, (5, 16, 32)),
    ("gru", "gru-512", 3, 512, 512, (3, 4, 8)),
    ("gru", "gru4rec", 3, 100, 100, (50, 100, 200)),
    ("gru", "rnnoise", 3, 42, 96, (32, 96)),
    ("gru", "deepspeech2-cell", 1, 256, 800, (6, 20)),
)
