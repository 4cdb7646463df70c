"""HLO modules, read from text or protobuf, and the graph that TpuGraphs makes of them."""
