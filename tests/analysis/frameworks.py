"""What runs of real frameworks log and what their config says. Data for tests.

`read in`: where the names were looked up; "from general knowledge" where the code was not at hand. A column maps to
(the role it holds beside the others, direction, group). `told`: the family by the columns alone, without the config.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.columns.family import Family
from analysis.columns.names import Direction, Group

Expected = tuple[str | None, Direction, Group]

# The usual ones, so that what is special about a framework stands out.
LOSS: Expected = ("loss", "min", "train")
EVAL_LOSS: Expected = ("eval_loss", "min", "eval")
SCORE: Expected = ("eval_score", "max", "eval")
GRAD: Expected = ("grad_norm", "none", "train")
LR: Expected = ("lr", "none", "train")
STEP: Expected = ("step", "none", "other")
RETURN: Expected = ("reward", "max", "train")
ENTROPY: Expected = ("entropy", "none", "train")
TIME: Expected = (None, "none", "other")
DATA: Expected = ("data_time", "none", "train")
UPDATE: Expected = ("update_time", "none", "train")
RATE: Expected = ("rate", "none", "train")
EVAL_NONE: Expected = (None, "none", "eval")
TRAIN_NONE: Expected = (None, "none", "train")  # has a meaning or a prefix, and holds nothing
OTHER: Expected = (None, "none", "other")  # unknown: only checks that need no role
TRAIN_SCORE: Expected = (None, "max", "train")
TERM: Expected = (None, "min", "train")  # of a loss: watched for NaN, never as the total
MEMORY: Expected = ("memory", "none", "system")


@dataclass(frozen=True)
class Framework:
    name: str
    read_in: str
    columns: Mapping[str, Expected]
    family: Family
    config: Mapping[str, Any] = field(default_factory=dict)
    told: Family = Family.UNKNOWN
    step: str | None = None
    profile: str | None = None  # a bundled one that the run needs


GENERAL = "from general knowledge"

_LEROBOT: dict[str, Expected] = {
    "train/loss": LOSS,
    "train/grad_norm": GRAD,
    "train/lr": LR,
    "train/update_s": UPDATE,
    "train/dataloading_s": DATA,
    "train/steps": TRAIN_NONE,
    "train/samples": TRAIN_NONE,
    "train/episodes": TRAIN_NONE,
    "train/epochs": TRAIN_NONE,
    "eval/avg_sum_reward": (None, "max", "eval"),
    "eval/pc_success": SCORE,
    "eval/eval_s": TIME,
}
_HF: dict[str, Expected] = {
    "train/loss": LOSS,
    "train/grad_norm": GRAD,
    "train/learning_rate": LR,
    "train/epoch": TRAIN_NONE,
    "train/global_step": STEP,
}
_HF_EVAL: dict[str, Expected] = {
    "eval/loss": EVAL_LOSS,
    "eval/runtime": TIME,
    "eval/samples_per_second": EVAL_NONE,
    "eval/steps_per_second": EVAL_NONE,
}

FRAMEWORKS = (
    Framework(
        "lerobot-act", "lerobot: src/lerobot/scripts/lerobot_train.py; losses of ACT from general knowledge",
        {**_LEROBOT, "train/l1_loss": ("component", "min", "train"), "train/kld_loss": ("kl", "min", "train")},
        Family.IMITATION, {"policy": {"type": "act", "kl_weight": 10.0,
            "pretrained_backbone_weights": "ResNet18_Weights"},
                           "steps": 100000, "resume": False}, told=Family.IMITATION,
    ),
    Framework(
        "lerobot-diffusion", "lerobot: src/lerobot/scripts/lerobot_train.py", _LEROBOT, Family.DIFFUSION,
        {"policy": {"type": "diffusion", "num_train_timesteps": 100, "noise_scheduler_type": "DDPM"}, "steps": 200000},
    ),
    Framework(
        "lerobot-smolvla", "lerobot: src/lerobot/scripts/lerobot_train.py; losses_after_forward from general knowledge",
        {**_LEROBOT, "train/losses_after_forward": ("part", "min", "train")}, Family.VLA,
        {"policy": {"type": "smolvla", "pretrained_path": "lerobot/smolvla_base", "use_peft": True}, "steps": 20000},
    ),
    Framework(
        "lerobot-pi0", "lerobot: src/lerobot/scripts/lerobot_train.py", _LEROBOT, Family.VLA,
        {"policy": {"type": "pi0", "pretrained_path": "lerobot/pi0"}, "peft": {"r": 16}, "steps": 30000},
    ),
    Framework(
        "hf-trainer", GENERAL, {**_HF, **_HF_EVAL, "train/train_loss": (None, "min", "train"),
            "train/total_flos": TRAIN_NONE,
                                "train/train_runtime": TIME, "train/train_samples_per_second": RATE}, Family.UNKNOWN,
        {"max_steps": -1, "num_train_epochs": 3, "resume_from_checkpoint": None, "model_type": "bert",
         "_name_or_path": ""},
        step="train/global_step",
    ),
    Framework(
        "whisper-finetuning", GENERAL, {**_HF, **_HF_EVAL, "eval/wer": (None, "min", "eval"),
            "eval/cer": (None, "min", "eval")},
        Family.SFT, {"_name_or_path": "openai/whisper-small", "model_type": "whisper", "max_steps": 5000},
        told=Family.SUPERVISED, step="train/global_step",
    ),
    Framework(
        "trl-sft", "trl docs: sft_trainer; mean_token_accuracy, num_tokens",
        {**_HF, **_HF_EVAL, "train/num_tokens": TRAIN_NONE, "train/mean_token_accuracy": TRAIN_SCORE,
         "train/entropy": TRAIN_NONE,
         "eval/mean_token_accuracy": (None, "max", "eval"), "eval/num_tokens": EVAL_NONE, "eval/entropy": EVAL_NONE},
        Family.SFT, {"_name_or_path": "Qwen/Qwen2.5-0.5B", "packing": True, "dataset_text_field": "text", "stage": 2},
        told=Family.SUPERVISED, step="train/global_step",
    ),
    Framework(
        "trl-dpo", "trl: rewards/*, logps/* as in the metrics of its DPO trainer",
        {**_HF, **_HF_EVAL, "train/rewards/chosen": TRAIN_NONE, "train/rewards/rejected": TRAIN_NONE,
         "train/rewards/margins": TRAIN_SCORE, "train/rewards/accuracies": TRAIN_SCORE,
         "train/logps/chosen": TRAIN_NONE,
         "train/logps/rejected": TRAIN_NONE, "train/logits/chosen": TRAIN_NONE, "eval/rewards/chosen": EVAL_NONE,
         "eval/rewards/margins": (None, "max", "eval"), "eval/rewards/accuracies": SCORE,
         "eval/logps/chosen": EVAL_NONE},
        Family.PREFERENCE, {"_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct", "beta": 0.1, "loss_type": "sigmoid",
                            "peft_config": {"default": {"r": 16}}}, told=Family.PREFERENCE, step="train/global_step",
    ),
    Framework(
        "trl-reward-model", GENERAL,
        {**_HF, **_HF_EVAL, "train/accuracy": TRAIN_SCORE, "train/mean_reward": TRAIN_SCORE,
         "train/min_reward": TRAIN_NONE,
         "train/max_reward": TRAIN_NONE, "train/margin": TRAIN_SCORE, "eval/accuracy": SCORE,
         "eval/margin": (None, "max", "eval")},
        Family.PREFERENCE, {"_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct", "center_rewards_coefficient": 0.01},
        told=Family.PREFERENCE, step="train/global_step",
    ),
    Framework(
        "trl-grpo", "trl: completions/* as in the metrics of its GRPO trainer",
        {**_HF, "train/reward": RETURN, "train/reward_std": TRAIN_NONE,
         "train/rewards/accuracy_reward/mean": TRAIN_SCORE,
         "train/rewards/accuracy_reward/std": TRAIN_NONE, "train/frac_reward_zero_std": TRAIN_NONE,
         "train/kl": ("ref_kl", "none", "train"), "train/entropy": ENTROPY, "train/completions/mean_length": TRAIN_NONE,
         "train/completions/clipped_ratio": TRAIN_NONE, "train/completions/mean_terminated_length": TRAIN_NONE,
         "train/clip_ratio/low_mean": TRAIN_NONE, "train/num_tokens": TRAIN_NONE, "train/step_time": UPDATE},
        Family.RL, {"_name_or_path": "Qwen/Qwen2.5-0.5B", "num_generations": 8, "beta": 0.04, "use_peft": True},
        told=Family.RL, step="train/global_step",
    ),
    Framework(
        "trl-ppo", "trl: docs/source/logging.md (`val/` is the value function, not validation)",
        {"objective/kl": ("ref_kl", "none", "train"), "objective/entropy": ENTROPY, "objective/rlhf_reward": RETURN,
         "objective/non_score_reward": TRAIN_SCORE, "objective/scores": TRAIN_SCORE,
         "policy/approxkl_avg": ("approx_kl", "none", "train"), "policy/clipfrac_avg": OTHER,
         "policy/entropy_avg": (None, "none", "train"),
         "loss/policy_avg": TRAIN_NONE, "loss/value_avg": TRAIN_NONE, "val/clipfrac_avg": EVAL_NONE,
         "val/ratio": EVAL_NONE,
         "val/ratio_var": EVAL_NONE, "val/num_eos_tokens": EVAL_NONE, "lr": LR, "episode": TRAIN_NONE, "eps": OTHER},
        Family.RL, {"cliprange": 0.2, "vf_coef": 0.1, "num_ppo_epochs": 4,
            "model_name_or_path": "EleutherAI/pythia-1b"},
        told=Family.RL,
    ),
    Framework(
        "openrlhf-ppo", GENERAL + "; policy_kl, policy_clip_ratio as in its actor",
        {"train/policy_loss": TRAIN_NONE, "train/critic_loss": TRAIN_NONE, "train/actor_lr": LR,
         "train/critic_lr": TRAIN_NONE,
         "train/kl": ("ref_kl", "none", "train"), "train/policy_kl": (None, "none", "train"), "train/reward": RETURN,
         "train/return": TRAIN_SCORE, "train/response_length": TRAIN_NONE,
         "train/total_length": TRAIN_NONE, "train/values": TRAIN_NONE, "train/global_step": STEP,
         "train/ptx_loss": ("part", "min", "train")},
        Family.RL, {"pretrain": "OpenRLHF/Llama-3-8b-sft", "advantage_estimator": "gae", "n_samples_per_prompt": 1},
        told=Family.RL, step="train/global_step",
    ),
    Framework(
        "openrlhf-dpo", GENERAL,
        {"train/loss": LOSS, "train/acc": TRAIN_SCORE, "train/chosen_reward": TRAIN_NONE,
         "train/reject_reward": TRAIN_NONE,
         "train/lr": LR, "train/loss_mean": (None, "min", "train"), "train/acc_mean": TRAIN_SCORE,
         "train/global_step": STEP,
         "eval/eval_loss": EVAL_LOSS, "eval/acc_mean": SCORE, "eval/global_step": EVAL_NONE},
        Family.PREFERENCE, {"pretrain": "OpenRLHF/Llama-3-8b-sft", "beta": 0.1, "ipo": False, "zpg": 1},
        told=Family.PREFERENCE, step="train/global_step",
    ),
    Framework(
        "verl", "verl: verl/trainer/ppo/metric_utils.py; actor/* as in its actor; val-core from general knowledge",
        {"actor/pg_loss": TRAIN_NONE, "actor/kl_loss": ("ref_kl", "none", "train"),
         "actor/ppo_kl": ("approx_kl", "none", "train"),
         "actor/entropy": ENTROPY, "actor/pg_clipfrac": OTHER, "actor/grad_norm": GRAD, "actor/lr": LR,
         "actor/kl_coef": ("beta", "none", "train"),
         "critic/vf_loss": TRAIN_NONE, "critic/grad_norm": TRAIN_NONE, "critic/lr": TRAIN_NONE,
         "critic/score/mean": TRAIN_SCORE,
         "critic/rewards/mean": RETURN, "critic/rewards/max": OTHER, "critic/returns/mean": (None, "max", "train"),
         "critic/vf_explained_var": ("explained_variance", "none", "train"), "critic/values/mean": OTHER,
         "critic/advantages/mean": OTHER, "response_length/mean": TRAIN_NONE, "response_length/clip_ratio": TRAIN_NONE,
         "prompt_length/mean": OTHER, "timing_s/step": UPDATE, "timing_s/gen": TIME, "timing_s/update_actor": TIME,
         "timing_per_token_ms/update_actor": TIME, "perf/throughput": RATE, "perf/total_num_tokens": TRAIN_NONE,
         "perf/time_per_step": (None, "none", "train"), "perf/max_memory_allocated_gb": MEMORY,
         "training/global_step": STEP, "training/epoch": TRAIN_NONE, "val-core/openai/gsm8k/reward/mean@1": SCORE,
         "val-aux/openai/gsm8k/reward/std@8": EVAL_NONE},
        Family.RL, {"algorithm": {"adv_estimator": "grpo", "gamma": 1.0},
            "actor_rollout_ref": {"model": {"path": "Qwen/Qwen3-8B"}}},
        told=Family.RL, step="training/global_step",
    ),
    Framework(
        "lightning", GENERAL,
        {"train_loss_step": LOSS, "train_loss_epoch": (None, "min", "train"), "val_loss": EVAL_LOSS, "val_acc": SCORE,
         "lr-AdamW": LR, "lr-AdamW/pg2": TRAIN_NONE, "lr-AdamW-momentum": TRAIN_NONE, "trainer/global_step": STEP,
         "epoch": TRAIN_NONE,
         "train_acc_epoch": TRAIN_SCORE, "grad_2.0_norm_total": GRAD, "grad_2.0_norm/layer1.weight": TRAIN_NONE},
        Family.SUPERVISED, told=Family.SUPERVISED, step="trainer/global_step",
    ),
    Framework(
        "nanogpt", GENERAL,
        {"iter": STEP, "train/loss": LOSS, "val/loss": EVAL_LOSS, "lr": LR, "mfu": RATE, "tokens_seen": TRAIN_NONE,
         "val/perplexity": (None, "min", "eval"), "train/perplexity": TERM},
        Family.PRETRAINING, {"init_from": "scratch", "n_layer": 12, "block_size": 1024, "max_iters": 600000},
        told=Family.PRETRAINING, step="iter",
    ),
    Framework(
        "llm.c", GENERAL + "; modded-nanogpt prints the same figures",
        {"train/loss": LOSS, "val/loss": EVAL_LOSS, "lr": LR, "grad_norm": GRAD, "tokens_per_second": RATE,
         "step_avg_ms": UPDATE,
         "train_time_ms_cum": TRAIN_NONE, "step": STEP, "hellaswag_acc": TRAIN_SCORE},
        Family.PRETRAINING, {"num_iterations": 19560, "n_layer": 12, "block_size": 1024}, told=Family.PRETRAINING,
        step="step",
    ),
    Framework(
        "megatron-lm", "Megatron-LM: megatron/training/training.py",
        {"lm loss": LOSS, "lm loss vs samples": OTHER, "learning-rate": LR, "decoupled-learning-rate": TRAIN_NONE,
         "learning-rate vs samples": OTHER, "batch-size": ("batch_size", "none", "train"), "grad-norm": GRAD,
         "params-norm": OTHER,
         "num-zeros": TRAIN_NONE, "loss-scale": ("loss_scale", "none", "train"), "iteration-time": UPDATE,
         "batch-generator-time": TIME, "throughput": RATE, "samples vs steps": OTHER,
         "skipped-train-samples": TRAIN_NONE,
         "load_balancing_loss": TERM, "z_loss": TERM, "lm loss validation": EVAL_LOSS,
         "lm loss validation ppl": (None, "min", "eval"),
         "mem-allocated-bytes": MEMORY},
        Family.PRETRAINING, {"num_layers": 32, "micro_batch_size": 2, "train_iters": 500000, "finetune": False,
            "load": None},
        told=Family.PRETRAINING,
    ),
    Framework(
        "llama-factory-sft",
        "LLaMA-Factory: src/llamafactory/train/callbacks.py (settings of all stages go into the config)",
        {**_HF, **_HF_EVAL, "train/num_input_tokens_seen": TRAIN_NONE, "eval/accuracy": SCORE}, Family.SFT,
        {"finetuning_args": {"stage": "sft", "finetuning_type": "lora", "pref_beta": 0.1, "pref_loss": "sigmoid",
         "ppo_epochs": 4},
         "model_args": {"model_name_or_path": "Qwen/Qwen2.5-7B"}}, told=Family.SUPERVISED, step="train/global_step",
    ),
    Framework(
        "llama-factory-continued-pretraining", "LLaMA-Factory: src/llamafactory/train/callbacks.py",
        {**_HF, **_HF_EVAL},
        Family.PRETRAINING,
        {"finetuning_args": {"stage": "pt", "finetuning_type": "lora", "lora_rank": 8},
         "model_args": {"quantization_bit": 4}},
        step="train/global_step",
    ),
    Framework(
        "llama-factory-reward-model", "LLaMA-Factory: src/llamafactory/train/callbacks.py",
        {**_HF, **_HF_EVAL, "eval/accuracy": SCORE}, Family.PREFERENCE,
        {"finetuning_args": {"stage": "rm", "finetuning_type": "lora", "ppo_epochs": 4}}, told=Family.SUPERVISED,
        step="train/global_step",
    ),
    Framework(
        "sb3-ppo", GENERAL,
        {"rollout/ep_rew_mean": RETURN, "rollout/ep_len_mean": OTHER, "rollout/success_rate": (None, "max", "eval"),
         "time/fps": RATE,
         "time/iterations": (None, "none", "other"), "time/time_elapsed": TIME, "time/total_timesteps": STEP,
         "train/approx_kl": ("approx_kl", "none", "train"), "train/clip_fraction": TRAIN_NONE,
         "train/clip_range": TRAIN_NONE,
         "train/entropy_loss": ("entropy", "none", "train"),
         "train/explained_variance": ("explained_variance", "none", "train"),
         "train/learning_rate": LR, "train/loss": LOSS, "train/n_updates": TRAIN_NONE,
         "train/policy_gradient_loss": TRAIN_NONE,
         "train/value_loss": TRAIN_NONE, "train/std": TRAIN_NONE, "eval/mean_reward": SCORE,
         "eval/mean_ep_length": EVAL_NONE},
        Family.RL, {"policy_type": "MlpPolicy", "total_timesteps": 1_000_000, "env_name": "CartPole-v1"},
        told=Family.RL,
        step="time/total_timesteps",
    ),
    Framework(
        "sb3-sac", GENERAL,
        {"rollout/ep_rew_mean": RETURN, "rollout/ep_len_mean": OTHER, "time/episodes": TIME, "time/fps": RATE,
         "train/actor_loss": TRAIN_NONE, "train/critic_loss": TRAIN_NONE,
         "train/ent_coef": ("temperature", "none", "train"),
         "train/ent_coef_loss": TRAIN_NONE, "train/learning_rate": LR, "train/n_updates": TRAIN_NONE,
         "global_step": STEP},
        Family.RL, {"algo": "sac", "env": "Ant-v4"}, told=Family.RL, step="global_step",
    ),
    Framework(
        "cleanrl-ppo", GENERAL,
        {"charts/episodic_return": RETURN, "charts/episodic_length": OTHER, "charts/learning_rate": LR,
         "charts/SPS": RATE,
         "losses/value_loss": TRAIN_NONE, "losses/policy_loss": TRAIN_NONE, "losses/entropy": ENTROPY,
         "losses/approx_kl": ("approx_kl", "none", "train"), "losses/old_approx_kl": (None, "none", "train"),
         "losses/clipfrac": OTHER, "losses/explained_variance": ("explained_variance", "none", "train"),
         "global_step": STEP},
        Family.RL, {"exp_name": "ppo_continuous_action", "clip_coef": 0.2, "total_timesteps": 1_000_000},
        told=Family.RL,
        step="global_step",
    ),
    Framework(
        "cleanrl-sac", GENERAL,
        {"charts/episodic_return": RETURN, "charts/SPS": RATE, "losses/qf1_values": TRAIN_NONE,
         "losses/qf1_loss": TRAIN_NONE,
         "losses/qf_loss": TRAIN_NONE, "losses/actor_loss": TRAIN_NONE,
         "losses/alpha": ("temperature", "none", "train"),
         "losses/alpha_loss": TRAIN_NONE,
         "losses/td_loss": TRAIN_NONE, "losses/q_values": TRAIN_NONE, "global_step": STEP},
        Family.RL, {"exp_name": "sac_continuous_action", "total_timesteps": 1_000_000}, told=Family.RL,
        step="global_step",
    ),
    Framework(
        "rsl-rl", "rsl_rl and forks: log() of the on-policy runner; Isaac Lab's Episode_Reward from general knowledge",
        {"Loss/value_function": TRAIN_NONE, "Loss/surrogate": TRAIN_NONE, "Loss/entropy": ENTROPY,
         "Loss/learning_rate": LR, "Loss/symmetry": TERM,
         "Policy/mean_noise_std": TRAIN_NONE, "Perf/total_fps": RATE, "Perf/collection time": TIME,
         "Perf/learning_time": UPDATE, "Train/mean_reward": RETURN, "Train/mean_episode_length": TRAIN_NONE,
         "Episode_Reward/track_lin_vel_xy_exp": TRAIN_SCORE, "Episode_Termination/time_out": TIME,
         "Curriculum/terrain_levels": ("stage", "none", "train")},
        Family.RL, {"algorithm": {"class_name": "PPO", "gamma": 0.99}, "max_iterations": 1500}, told=Family.RL,
    ),
    Framework(
        "mmdetection", "mmengine logs: coco/bbox_mAP*; the rest from general knowledge",
        {"loss": LOSS, "loss_cls": TERM, "loss_bbox": ("part", "min", "train"), "loss_rpn_cls": (None, "min", "train"),
         "d0.loss_bbox": TERM, "acc": TRAIN_SCORE, "lr": LR, "data_time": DATA, "time": TIME, "grad_norm": GRAD,
         "memory": MEMORY,
         "iter": STEP, "coco/bbox_mAP": SCORE, "coco/bbox_mAP_50": (None, "max", "eval"),
         "coco/bbox_mAP_s": (None, "max", "eval")},
        Family.SUPERVISED, {"model": {"type": "FasterRCNN", "backbone": {"init_cfg": {"type": "Pretrained"}}},
            "pretrained": True},
        told=Family.SUPERVISED, step="iter",
    ),
    Framework(
        "ultralytics",
        "results.csv of Ultralytics; lr groups from general knowledge (pg0 are the biases, warmed up from above)",
        {"train/box_loss": ("loss", "min", "train"), "train/cls_loss": TERM, "train/dfl_loss": (None, "min", "train"),
         "val/box_loss": EVAL_LOSS, "val/cls_loss": (None, "min", "eval"), "val/dfl_loss": (None, "min", "eval"),
         "metrics/precision(B)": TRAIN_SCORE, "metrics/recall(B)": TRAIN_SCORE,
         "metrics/mAP50(B)": (None, "max", "eval"), "metrics/mAP50-95(B)": SCORE, "lr/pg0": TRAIN_NONE, "lr/pg1": LR,
         "lr/pg2": TRAIN_NONE},
        Family.SUPERVISED, {"task": "detect", "model": "yolov8n.pt", "pretrained": True, "resume": False,
            "method": "train"},
        told=Family.SUPERVISED, profile="ultralytics",
    ),
    Framework(
        "diffusion-policy", "diffusion_policy: train_*_workspace.py",
        {"train_loss": LOSS, "val_loss": EVAL_LOSS, "train_action_mse_error": TERM, "test_mean_score": SCORE,
         "train_mean_score": TRAIN_SCORE, "lr": LR, "global_step": STEP, "epoch": TRAIN_NONE,
         "train/sim_max_reward_0": TRAIN_NONE},
        Family.DIFFUSION, {"policy": {"_target_": "diffusion_policy.policy.DiffusionUnet",
            "noise_scheduler": {"num_train_timesteps": 100}},
                           "task_name": "pusht"}, told=Family.IMITATION, step="global_step",
    ),
    Framework(
        "robomimic", "robomimic: scripts/train.py (Train/, Valid/, Timing_Stats/); rollouts from general knowledge",
        {"Train/Loss": LOSS, "Valid/Loss": EVAL_LOSS, "Train/L2_Loss": ("component", "min", "train"),
         "Train/Policy_Grad_Norms": GRAD,
         "Train/Optimizer/policy0_lr": LR, "Timing_Stats/Train_Data_Loading": DATA,
         "Timing_Stats/Train_Process_Batch": TIME,
         "Timing_Stats/Train_Train_Batch": UPDATE, "Rollout/Success_Rate/Lift": SCORE,
         "Rollout/Return/Lift": TRAIN_SCORE,
         "Rollout/Horizon/Lift": OTHER, "System/RAM Usage (MB)": (None, "none", "system")},
        Family.IMITATION, {"algo_name": "bc", "train": {"num_epochs": 2000}},
    ),
    Framework(
        "openvla", "openvla forks: VLA Train/*",
        {"VLA Train/Loss": LOSS, "VLA Train/Curr Action L1 Loss": ("component", "min", "train"),
         "VLA Train/Next Actions L1 Loss": (None, "min", "train"),
         "VLA Train/Curr Action Accuracy": TRAIN_SCORE, "VLA Train/Action Token Accuracy": TRAIN_SCORE,
         "VLA Train/Learning Rate": LR,
         "VLA Train/Step Time": UPDATE, "VLA Train/Step": STEP, "VLA Val/Loss": EVAL_LOSS},
        Family.VLA, {"vla_path": "openvla/openvla-7b", "use_lora": True, "lora_rank": 32, "max_steps": 200000},
        told=Family.VLA,
        step="VLA Train/Step",
    ),
    Framework(
        "octo", GENERAL,
        {"training/loss": LOSS, "training/mse": ("component", "min", "train"), "training/learning_rate": LR,
         "training/grad_norm": GRAD,
         "training/param_norm": TRAIN_NONE, "training/update_norm": TRAIN_NONE, "validation/loss": EVAL_LOSS,
         "timer/dataset": TIME,
         "timer/train": TIME, "timer/total": TIME},
        Family.VLA, {"pretrained_path": "hf://rail-berkeley/octo-small-1.5", "finetuning_mode": "full"},
    ),
    Framework(
        "timm", GENERAL,
        {"epoch": TRAIN_NONE, "train_loss": LOSS, "eval_loss": EVAL_LOSS, "eval_top1": SCORE,
         "eval_top5": (None, "max", "eval"),
         "lr": LR, "best_acc": OTHER, "eval_best_top1": EVAL_NONE},
        Family.SUPERVISED, {"model": "resnet50", "pretrained": False, "resume": "", "num_classes": 1000},
        told=Family.SUPERVISED,
    ),
    Framework(
        "keras", GENERAL,
        {"epoch/loss": (None, "min", "train"), "epoch/accuracy": TRAIN_SCORE, "epoch/val_loss": EVAL_LOSS,
         "epoch/val_accuracy": SCORE,
         "epoch/learning_rate": (None, "none", "train"), "epoch/epoch": TRAIN_NONE, "batch/loss": LOSS,
         "batch/accuracy": TRAIN_SCORE,
         "batch/learning_rate": LR, "batch/batch_step": OTHER, "best_val_loss": EVAL_NONE, "best_epoch": OTHER},
        Family.SUPERVISED, told=Family.SUPERVISED,
    ),
    Framework(
        "cyclegan", "pytorch-CycleGAN-and-pix2pix: util/visualizer.py logs the losses under their bare names",
        {"D_A": ("d_loss", "none", "train"), "G_A": ("g_loss", "none", "train"), "D_B": TRAIN_NONE, "G_B": TRAIN_NONE,
         "cycle_A": OTHER,
         "cycle_B": OTHER, "idt_A": OTHER, "idt_B": OTHER},
        Family.GAN, {"model": "cycle_gan", "gan_mode": "lsgan", "continue_train": False}, profile="cyclegan",
    ),
    Framework(
        "stylegan3", "stylegan3: Resources/*; Loss/* from general knowledge",
        {"Loss/G/loss": ("g_loss", "none", "train"), "Loss/D/loss": ("d_loss", "none", "train"),
         "Loss/G/reg": TRAIN_NONE, "Loss/D/reg": TRAIN_NONE,
         "Loss/scores/fake": OTHER, "Loss/signs/real": OTHER, "Loss/r1_penalty": TERM, "Metrics/fid50k_full": EVAL_LOSS,
         "Timing/sec_per_kimg": TIME, "Timing/total_hours": TIME, "Resources/peak_gpu_mem_gb": MEMORY,
         "Resources/cpu_mem_gb": ("host_memory", "none", "system"), "Progress/augment": OTHER},
        Family.GAN, {"G_kwargs": {"z_dim": 512}, "total_kimg": 25000}, told=Family.GAN,
    ),
    Framework(
        "biggan", GENERAL,
        {"G_loss": ("g_loss", "none", "train"), "D_loss_real": TRAIN_NONE, "D_loss_fake": TRAIN_NONE, "IS_mean": OTHER,
         "IS_std": OTHER,
         "FID": EVAL_LOSS, "itr": OTHER, "eval/IS_mean": SCORE, "eval/IS_std": EVAL_NONE},
        Family.GAN, {"model": "BigGAN", "resume": True}, told=Family.GAN,
    ),
    Framework(
        "fairseq", GENERAL,
        {"train_inner/loss": LOSS, "train_inner/nll_loss": (None, "min", "train"), "train_inner/ppl": TERM,
         "train_inner/wps": RATE,
         "train_inner/ups": (None, "none", "train"), "train_inner/bsz": ("batch_size", "none", "train"),
         "train_inner/num_updates": STEP,
         "train_inner/lr": LR, "train_inner/gnorm": GRAD, "train_inner/clip": TRAIN_NONE,
         "train_inner/loss_scale": ("loss_scale", "none", "train"),
         "train_inner/train_wall": TRAIN_NONE, "valid/loss": EVAL_LOSS, "valid/nll_loss": (None, "min", "eval"),
         "valid/ppl": (None, "min", "eval"),
         "valid/best_loss": EVAL_NONE, "valid/bleu": SCORE},
        Family.SUPERVISED, {"task": {"_name": "translation"}, "model": {"_name": "transformer"}},
        told=Family.PRETRAINING,
        step="train_inner/num_updates",
    ),
)  # fmt: skip
