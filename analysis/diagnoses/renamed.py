"""Thresholds that had other names in earlier versions: a configuration that uses one is told the new name."""

from __future__ import annotations

from collections.abc import Mapping

# Diagnosis id -> old name -> new name.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "nan-inf": {"clear": "clear_points", "never": "never_finite_evals"},
    "divergence": {
        "since": "points_since_best", "still": "min_late_rise", "total": "large_rise", "back": "clear_ratio",
        "total_rise": "large_rise", "life_ratio": "clear_ratio", "life_nats": "clear_nats",
    },
    "stalled-logging": {
        "gaps": "longest_gap_multiple", "medians": "median_gap_multiple", "least_s": "min_silence_s",
        "heartbeat_s": "min_heartbeat_age_s",
    },
    "grad-explode": {
        "back": "clear_ratio", "fast": "fast_progress", "beyond": "max_growth_ratio",
    },
    "grad-vanish": {
        "dead": "dead_norm", "frozen": "max_loss_change",
    },
    "loss-jump": {
        "quick": "quick_window", "still": "max_quick_change", "growth": "max_growth", "back": "clear_ratio",
        "firm_ratio": "clear_ratio", "firm_nats": "clear_nats",
    },
    "lr-zero": {
        "points": "zero_points", "glide": "glide_points", "never": "never_points", "floor": "floor_share",
        "working": "working_share", "until": "until_progress", "after": "after_glide_share",
        "rows": "after_glide_points", "until_glide": "until_glide_progress",
    },
    "no-learning": {
        "share": "settled_progress", "points": "settled_points", "warmups": "warmup_multiple", "least": "min_points",
        "few": "early_min_points", "most": "half_progress", "still": "early_max_fall", "drop": "min_fall",
        "early": "start_fall", "slow": "slow_min_fall", "certain": "noise_multiple", "learned": "clear_fall",
        "zero_share": "zero_progress", "zero": "max_zero_rate", "score_share": "score_progress", "evals": "score_evals",
        "late": "late_progress", "clear_of": "risen_sigmas", "sure": "z_threshold",
        "early_progress": "half_progress", "error_progress": "half_progress", "poor_progress": "half_progress",
        "mostly_records": "min_points",
    },
    "at-chance": {
        "pair_progress": "slow_progress", "unigram_progress": "slow_progress", "batch_epochs": "settled_epochs",
    },
    "schedule-mismatch": {"rise_hold": "min_hold"},
    "success-zero": {"graded_hold": "unpaid_hold"},
    "gan-collapse": {
        "fallen": "fallen_share", "risen": "risen_ratio", "early": "early_points", "back": "clear_share",
        "won": "won_d_loss", "helpless": "won_g_loss", "hold": "won_hold", "late": "won_progress",
        "late_points": "won_points", "again": "clear_d_loss", "away": "runaway_ratio", "least": "min_usual",
        "growing": "growing_ratio",
    },
    "ot-mass-collapse": {
        "dead": "dead_mass", "fell": "fallen_mass", "drop": "fallen_ratio", "healthy": "healthy_mass",
        "clear": "clear_points", "normal": "normal_mass", "far": "far_cost_ratio",
    },
    "ot-underflow": {"points": "hold", "clear": "clear_points"},
    "mem-growth": {
        "rise": "min_rise", "quick": "quick_window", "quick_rise": "quick_min_rise", "r2": "min_r2",
        "even": "min_third_ratio", "reach": "projected_share", "relative": "min_relative_rise",
        "urgent_s": "critical_s", "freed": "clear_drop",
    },
    "loss-spike": {
        "nats": "min_nats", "least": "min_points", "floor": "min_spread", "many": "warning_count",
        "span": "warning_span_steps", "back": "clear_ratio",
    },
    "grad-spike": {
        "floor": "min_spread", "large": "warning_ratio", "span": "warning_span_steps",
        "wait": "effect_points", "moved": "effect_ratio", "clear": "clear_points", "below": "clear_ratio",
    },
    "lr-anomaly": {
        "leap": "leap_ratio", "beyond": "beyond_ratio", "leap_within": "within_leap_ratio",
        "restart_from": "restart_share", "drop": "drop_ratio", "off_config": "off_config_ratio", "near": "tolerance",
        "back": "clear_ratio",
    },
    "amp-overflow": {
        "span": "span_steps", "settle": "settled_steps", "tiny": "min_scale", "rises": "clear_doublings",
    },
    "kl-explode": {
        "least": "min_nats", "span": "span_points", "rising": "rising_ratio",
        "policy": "target_multiple", "falls": "min_loss_fall", "back": "clear_ratio",
    },
    "ot-solver-inconsistent": {
        "slack": "slack_ratio", "above_one": "max_mass", "points": "hold", "clear": "clear_points",
    },
    "ot-cost-unnormalised": {"over_d": "max_cost_over_d", "over_dim": "max_cost_over_2dim", "points": "hold"},
    "ot-loss-dead": {"share": "max_share", "points": "hold", "clear": "clear_points"},
    "ot-plan-degenerate": {"diagonal": "diagonal_share", "uniform": "uniform_multiple", "points": "hold"},
    "eval-regress": {
        "note": "info_share", "lost": "warning_share", "most": "critical_share", "of_best": "min_drop_of_best",
        "unsure": "scatter_uncertainty", "evals": "hold_evals", "least": "window", "min_evals": "window",
        "smooth": "window",
        "rollouts": "rollout_window", "settled": "settled_progress", "back": "clear_drop_of_best",
    },
    "oscillation": {
        "short": "short_window", "share": "min_power_share", "swing": "min_deviation", "even": "max_third_ratio",
        "echo": "min_autocorrelation", "in_time": "period_tolerance", "more": "deviation_multiple",
        "net": "max_level_shift", "surge": "surge_ratio", "sigmas": "surge_sigmas", "recovered": "recovered_share",
        "surges": "surge_count", "depth": "min_level_share", "lost": "collapse_share", "regained": "regained_share",
        "collapses": "collapse_count", "clear_of": "gain_sigmas", "evals": "min_evals", "scatter": "scatter_of_gain",
        "of_level": "scatter_of_level",
    },
    "entropy-collapse": {"left": "left_share", "back": "clear_share"},
    "ppo-kl-blowup": {"target": "default_target", "times": "target_multiple"},
    "value-not-learning": {
        "explained": "max_explained", "share": "settled_progress", "points": "settled_points",
        "back": "clear_explained",
    },
    "overfit": {
        "warn_rise": "warning_rise", "train_up": "train_fall",
        "max_train_rise": "train_fall", "straight": "early_straightness",
        "grains": "min_resolution_steps",
    },
    "gen-gap": {"growth": "growth_ratio", "back": "clear_ratio"},
    "eval-leak": {"back": "clear_ratio", "learnt": "learnt_share", "dropout": "min_dropout"},
    "metric-dead": {
        "same": "same_records", "points": "min_points", "equal": "max_equal", "turns": "min_turns", "seen": "max_seen",
        "faded": "faded_share", "back": "clear_records", "never_graded": "never_records",
        "never_taught": "never_records",
    },
    "data-bound": {
        "back": "clear_ratio", "shown": "shown_records", "wall_lo": "min_wall_share", "wall_hi": "max_wall_share",
    },
    "throughput-drop": {
        "large": "large_ratio", "short": "short_window", "hold": "large_hold", "long": "small_hold",
        "early": "window", "early_records": "window",
        "drift": "drift_ratio", "halved": "warning_drift_ratio", "back": "clear_ratio",
        "averages": "average_records", "same": "average_tolerance",
    },
    "kl-collapse": {
        "low": "low_nats", "drop": "drop_ratio", "small": "drop_max_nats", "settled": "settled_progress",
        "points": "settled_points", "up": "clear_ratio",
    },
    "grad-clip-saturated": {
        "hard": "hard_ratio", "always": "hard_share", "long": "hard_window", "pinned": "pinned_tolerance",
        "settled": "settled_progress", "points": "settled_points", "clear": "clear_share",
    },
    "converged": {
        "window": "window_progress", "points": "window_points", "flat": "max_change", "noises": "noise_multiple",
        "learned": "min_learnt", "better": "clear_change",
    },
    "plateau": {
        "window": "window_progress", "points": "window_points", "flat": "max_change", "noises": "noise_multiple",
        "learned": "min_learnt", "lr_high": "high_lr_share", "lr_moved": "max_lr_change", "better": "clear_change",
    },
    "resume-seam": {
        "gap": "gap_multiple", "longest": "longest_gap_multiple", "least_s": "min_gap_s", "higher": "min_rise",
        "told": "info_records", "memory": "lookback_records",
    },
    "loss-decomposition-mismatch": {
        "back": "clear_difference", "noises": "noise_multiple", "fading": "fading_ratio",
    },
    "component-dominates": {
        "active": "active_share", "back": "clear_share",
    },
    "eval-stale": {
        "intervals": "median_interval_multiple", "longest": "longest_interval_multiple", "recent": "recent_evals",
        "evals": "min_evals",
    },
    "eval-underpowered": {
        "noise": "min_noise", "evals": "min_evals", "span": "gain_evals", "resolve": "min_difference",
        "back": "clear_share",
    },
    "best-checkpoint-old": {
        "share": "old_progress", "evals": "old_evals", "least": "min_evals", "worse": "min_worse_share",
    },
    "lr-flat-stall": {
        "span": "max_lr_range", "stale": "stale_progress", "evals": "stale_evals", "least": "min_evals",
        "better": "min_improvement",
    },
    "eta-target": {
        "least": "min_points", "evals": "min_evals", "asked": "min_progress", "recent": "fitted_share",
        "noise": "max_noise", "lr_moved": "max_lr_change", "law": "law_uncertainty",
    },
    "gpu-idle": {"share": "max_use"},
    "behind-peers": {
        "peers": "min_peers", "share": "worse_share", "spread": "spread_multiple", "least": "min_gap_share",
        "begun": "min_progress",
    },
    "config-drift": {"most": "max_keys"},
    "metric-missing": {"share": "settled_progress", "rows": "settled_rows"},
    "metric-duplicate": {"points": "common_points"},
}  # fmt: skip
