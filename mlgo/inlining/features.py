"""The features of a call site: those of LLVM's ML inline advisor, and the plugin's own.

Sources: llvm/Analysis/InlineModelFeatureMaps.h, mlgo/plugin/SiteFeatures.h. All are int64 of shape
(1,). LLVM 19 and 22 have the same list. The plugin reports a model that reads a feature which its
compiler lacks.
"""

from typing import Final

COST_FEATURES: Final = (
    "sroa_savings",
    "sroa_losses",
    "load_elimination",
    "call_penalty",
    "call_argument_setup",
    "load_relative_intrinsic",
    "lowered_call_arg_setup",
    "indirect_call_penalty",
    "jump_table_penalty",
    "case_cluster_penalty",
    "switch_default_dest_penalty",
    "switch_penalty",
    "unsimplified_common_instructions",
    "num_loops",
    "dead_blocks",
    "simplified_instructions",
    "constant_args",
    "constant_offset_ptr_args",
    "callsite_cost",
    "cold_cc_penalty",
    "last_call_to_static_bonus",
    "is_multiple_blocks",
    "nested_inlines",
    "nested_inline_cost_estimate",
    "threshold",
)

CALL_GRAPH_FEATURES: Final = (
    "callee_basic_block_count",
    "callsite_height",
    "node_count",
    "nr_ctant_params",
    "cost_estimate",
    "edge_count",
    "caller_users",
    "caller_conditionally_executed_blocks",
    "caller_basic_block_count",
    "callee_conditionally_executed_blocks",
    "callee_users",
    "is_callee_avail_external",
    "is_caller_avail_external",
)

#: What LLVM's advisor does not look at: who else needs the callee, what surrounds the call.
SITE_FEATURES: Final = (
    "callee_is_local",
    "callee_is_discardable",
    "callee_call_sites",
    "callee_other_uses",
    "callee_instructions",
    "callee_calls",
    "callee_memory_accesses",
    "callee_allocas",
    "callee_landing_pads",
    "callee_exits",
    "callee_parameters",
    "callee_is_inline_hinted",
    "callee_is_nounwind",
    "callee_is_mangled",
    "caller_is_local",
    "caller_is_discardable",
    "caller_instructions",
    "caller_calls",
    "caller_landing_pads",
    "caller_calls_of_callee",
    "site_is_invoke",
    "site_is_tail",
    "site_is_dead_end",
    "site_is_in_cleanup",
    "site_result_uses",
    "site_constant_arguments",
    "site_alloca_arguments",
    "site_forwarded_arguments",
)

#: LLVM's own decision; the plugin adds it, so that a policy can correct it.
DEFAULT_DECISION: Final = "inlining_default"

FEATURES: Final = (*COST_FEATURES, *CALL_GRAPH_FEATURES, *SITE_FEATURES, DEFAULT_DECISION)
