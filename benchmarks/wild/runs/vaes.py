"""Variational autoencoders and codebooks."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    clipped,
    every,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    onward,
    reals,
    staircase,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "vae-tacotron-kl-gone-in-two-hundred-steps",
        "yanggeng1995/vae_tacotron#10",
        "vae",
        Sketch(
            at=every(10, 8_000),
            lines={
                "loss": loss(mades((10, 2.9), (200, 1.3), (1_000, 0.62), (8_000, 0.31)), 0.05),
                "mel_loss": loss(mades((10, 1.4), (200, 0.65), (1_000, 0.31), (8_000, 0.155)), 0.06),
                "linear_loss": loss(mades((10, 1.45), (200, 0.64), (1_000, 0.3), (8_000, 0.152)), 0.06),
                "kl_loss": loss((made(10, 3.4), made(60, 1.1), made(120, 0.09), level(200, 0.0012), level(500, 1.2e-4), made(8_000, 4.0e-5)), 0.3),
                "vae_weight": Line((made(10, 1e-5), made(8_000, 0.004))),
                "learning_rate": Line((made(10, 5e-6), made(2_000, 1e-3), made(8_000, 9.6e-4))),
            },
            config={"model": "vae_tacotron", "dataset": "Blizzard2013", "vae_dim": 32, "vae_warming_up": 15000, "batch_size": 32, "outputs_per_step": 2, "initial_learning_rate": 1e-3},
            state="running",
            planned=200_000,
            clock=Clock(1.4),
        ),
        sick(fault("kl-collapse", (60, 500), 2_500, WARNING), never="converged", unsaid=("推理时 z=0",)),
        "The KL of the style latent is zero within two hundred steps, before its weight has grown: the decoder ignores z. At inference z is sampled, so the model has no style control.",
        ("Usable as plain Tacotron only: the latent is empty (KL 4e-5) since step 200.", "kl_loss 3.4 -> 1e-3 in 200 steps while reconstruction goes on: posterior collapse.", "Free bits or a capacity schedule, KL weight from step 10k on, a weaker decoder (more input dropout); back to the start."),
    ),
    Case(
        "moses-vae-kl-near-zero",
        "molecularsets/moses#45",
        "vae",
        Sketch(
            at=every(1, 50, first=0)[:50],
            lines={
                "kl_loss": loss((made(0, 1.3), made(2, 0.42), made(6, 0.03), made(12, 0.0016), level(49, 0.0002)), 0.25),
                "recon_loss": loss((made(0, 1.6), made(5, 0.78), made(20, 0.56), level(49, 0.5)), 0.006),
                "kl_weight": Line((made(0, 0.0), made(49, 0.049))),
                "loss": Derived(("recon_loss", "kl_loss", "kl_weight"), lambda r, k, w: r + w * k),
                "lr": Line((made(0, 3e-4),)),
            },
            config={"model": "vae", "d_z": 128, "kl_start": 0, "kl_w_start": 0.0, "kl_w_end": 0.05, "lr_start": 3e-4, "lr_n_period": 10, "lr_n_restarts": 10, "n_batch": 512, "q_bidir": False},
            planned=50,
            clock=Clock(640.0),
        ),
        sick(fault("kl-collapse", (3, 16), 35, WARNING), also="plateau", never="converged overfit", unsaid=("推理时 z=0",)),
        "KL near 0 with reconstruction stuck at 0.5: every molecule gets the same code. Samples look fine because the decoder is a language model of SMILES; for the latent space the run is worthless.",
        ("Usable as a sampler only (a char-RNN), not for its latent space.", "kl_loss 1.3 -> 2e-4 by epoch 12, recon stays at 0.50: inputs are not reconstructed.", "KL weight 0 for the first ten epochs, cyclical annealing or free bits; check mutual information, not samples."),
    ),
    Case(
        "medical-vae-hundred-epochs",
        "NewOneNow/VAE_Medical_Image_Generation:loss_log.txt",
        "vae",
        Sketch(
            at=every(1, 100),
            lines={
                "Train Loss": loss(
                    reals((1, 589.7353161), (8, 186.294898), (16, 134.9914825), (23, 116.3506004), (31, 104.4079853), (39, 96.3874338), (46, 91.3357695), (54, 87.1256027), (61, 84.0704645), (69, 81.0823505), (77, 79.0251566), (84, 77.4895128), (92, 75.9986161), (100, 75.2748024)), 0.004
                ),
                "Val Loss": loss(
                    reals((1, 444.9996589), (8, 186.9301522), (16, 139.7427627), (23, 122.4520062), (31, 109.3964564), (39, 102.6007207), (46, 96.5628646), (54, 92.1645101), (61, 89.7724473), (69, 86.6120896), (77, 84.9327569), (84, 83.107414), (92, 81.261123), (100, 82.0481515)), 0.006
                ),
            },
            config={"model": "vae", "epochs": 100, "latent_dim": 128, "batch_size": 64, "lr": 1e-3},
            planned=100,
            clock=Clock(13.0),
        ),
        healthy(usable=True, never="overfit gen-gap scale-mismatch plateau kl-collapse"),
        "A VAE whose loss is summed over pixels (hundreds are normal): training and validation fall together to the end, a gap of 9 %.",
        ("Usable: val loss 82.0 at the last epoch (best 81.3 at 92, equal).", "Gap to training 9 %, both still falling by 1 % per ten epochs.", "Log reconstruction and KL apart: the sum cannot show a collapsed latent."),
    ),
    Case(
        "lion-vae-loss-rises-by-schedule",
        "nv-tlabs/LION#17",
        "vae",
        Sketch(
            at=every(100, 60_000),
            lines={
                "train/kl_weight": Line((level(100, 1e-7), level(60_000, 0.5))),
                "train/kl": loss(mades((100, 260.0), (2_000, 148.0), (10_000, 71.0), (60_000, 38.0)), 0.03),
                "train/recon": loss(mades((100, 0.9), (2_000, 1.6), (10_000, 3.6), (60_000, 8.4)), 0.04),
                "train/loss": Derived(("train/recon", "train/kl", "train/kl_weight"), lambda r, k, w: r + w * k),
                "train/lr": Line((made(100, 1e-3),)),
            },
            config={"trainer": {"type": "trainers.hvae_trainer", "opt": {"lr": 1e-3, "beta1": 0.9}, "anneal_kl": 1, "kl_max_coeff_sn": 0.5}, "sde": {"kl_const_coeff": 1e-7, "kl_max_coeff": 0.5, "kl_anneal_portion": 1.0}, "shapelatent": {"model": "pvcnn2"}},
            state="running",
            planned=60_000,
            clock=Clock(0.42),
        ),
        healthy(usable=False, also="component-dominates", never="divergence loss-jump kl-collapse kl-explode overfit"),
        "The VAE starts as the identity, and the KL weight grows from 1e-7 to 0.5 over the whole run: the total loss and the reconstruction rise by design, the KL falls. The authors show the same curve.",
        ("Running as designed: the loss rises because kl_weight goes from 1e-7 to 0.5.", "KL 260 -> 38 while reconstruction gives way from 0.9 to 8.4: the intended trade.", "Judge after the weight has reached 0.5, by reconstructed shapes."),
    ),
    Case(
        "cryodrgn-nan-in-epoch-nineteen",
        "ml-struct-bio/cryodrgn#18",
        "vae",
        Sketch(
            at=every(100, 54_000, first=100),
            lines={
                "gen loss": loss((made(100, 0.83), made(2_800, 0.61), made(20_000, 0.556), level(48_705, 0.5457), level(48_721, 0.5522), made(51_300, 0.545), made(51_400, NAN)), 0.006, then=(onward(51_400, NAN),)),
                "kld": Line((made(100, 2.1), made(2_800, 9.5), made(20_000, 11.2), level(48_705, 12.04), level(48_721, 11.8), made(50_500, 12.4), made(51_000, 13.9), made(51_300, 24.0)), noise=(gaussian(0.45),), then=(onward(51_400, NAN),)),
                "beta": Line((level(48_705, 0.125),)),
                "loss": Derived(("gen loss", "kld"), lambda g, k: g + 2.42e-6 * k),
            },
            config={"command": "train_vae", "zdim": 8, "num_epochs": 50, "batch_size": 8, "lr": 1e-4, "enc_dim": 1024, "dec_dim": 1024, "amp": True, "n_particles": 2830676},
            state="running",
            planned=141_534,
            clock=Clock(17.2, jitter=0.03),
        ),
        sick(fault("nan-inf", (51_000, 51_400), 51_900, CRITICAL), also="kl-explode divergence", never="kl-collapse"),
        "Eighteen good epochs of two days, KL near 12 (latent in use), then NaN under mixed precision after a short climb of the KL. Steps here are thousands of particles.",
        ("Usable: weights of epoch 18 (gen loss 0.545, KL 12); NaN since particle 51.4 million.", "kld 12 -> 24 in the 400 thousand particles before it, gen loss unmoved: overflow of the latent under amp.", "Go on from weights.17 or 18 with --no-amp."),
    ),
    Case(
        "zerospeech-vqvae-perplexity-240",
        "bshall/VectorQuantizedVAE#3",
        "vae",
        Sketch(
            at=every(500, 400_000),
            lines={
                "loss/train": loss(mades((500, 5.1), (10_000, 3.6), (100_000, 2.62), (400_000, 2.31)), 0.02),
                "recon_loss/train": loss(mades((500, 5.0), (10_000, 3.5), (100_000, 2.55), (400_000, 2.26)), 0.02),
                "vq_loss/train": loss(mades((500, 0.02), (4_000, 0.15), (40_000, 0.09), (400_000, 0.055)), 0.06),
                "perplexity/train": Line((made(500, 9.0), made(4_000, 70.0), made(40_000, 190.0), level(400_000, 240.0)), noise=(gaussian(7.0),)),
                "lr": Line(staircase((0, 4e-4), (300_000, 2e-4))),
            },
            config={"model": "vqvae", "codebook_size": 512, "embedding_dim": 64, "commitment_cost": 0.25, "decay": 0.999, "batch_size": 52, "num_training_steps": 500000},
            state="running",
            planned=500_000,
            clock=Clock(0.2),
        ),
        healthy(usable=True, never="codebook-collapse kl-collapse divergence loss-jump plateau lr-anomaly"),
        "Perplexity 240 of 512 codes at a batch of 52 is healthy (all 512 are in use over an epoch, the author says); the commitment loss rises first and then settles.",
        ("Running well: perplexity 9 -> 240 of 512, reconstruction still falling.", "vq_loss rises until 4000 and settles: codes spread out, no fault.", "Count used codes over an epoch too: perplexity of a batch understates them."),
    ),
    Case(
        "rqvae-sports-codebooks-empty",
        "EdoardoBotta/RQ-VAE-Recommender#65",
        "vae",
        Sketch(
            at=every(100, 20_000),
            lines={
                "total_loss": loss(mades((100, 0.92), (1_000, 0.71), (4_000, 0.66), (20_000, 0.655)), 0.012),
                "reconstruction_loss": loss(mades((100, 0.9), (1_000, 0.7), (4_000, 0.656), (20_000, 0.653)), 0.012),
                "rqvae_loss": loss(mades((100, 0.024), (600, 0.013), (3_000, 6.0e-4), (20_000, 3.0e-5)), 0.1),
                "p_unique_ids": Line((made(100, 0.82), made(600, 0.31), made(2_000, 0.03), made(5_000, 0.002), made(20_000, 0.0006)), then=(lognormal(0.06),)),
                "codebook_usage_0": Line((made(100, 0.74), made(600, 0.28), made(2_000, 0.05), level(5_000, 0.0078), level(20_000, 0.0039)), then=(lognormal(0.08), clipped(1 / 256, 1.0))),
                "codebook_usage_1": Line((made(100, 0.7), made(600, 0.21), made(2_000, 0.03), level(5_000, 0.0039), level(20_000, 0.0039)), then=(lognormal(0.08), clipped(1 / 256, 1.0))),
                "codebook_usage_2": Line((made(100, 0.66), made(600, 0.18), made(2_000, 0.02), level(5_000, 0.0039), level(20_000, 0.0039)), then=(lognormal(0.08), clipped(1 / 256, 1.0))),
            },
            config={
                "train": {
                    "iterations": 20000,
                    "learning_rate": 0.001,
                    "weight_decay": 0.0001,
                    "batch_size": 256,
                    "vae_input_dim": 768,
                    "vae_hidden_dims": [512, 256, 128],
                    "vae_embed_dim": 32,
                    "vae_codebook_size": 256,
                    "vae_n_layers": 3,
                    "commitment_weight": 0.1,
                    "use_kmeans_init": True,
                    "dataset_split": "sports",
                }
            },
            planned=20_000,
            clock=Clock(0.019),
        ),
        sick(fault("codebook-collapse kl-collapse metric-dead eval-regress", (300, 4_000), 14_000, WARNING), also="plateau component-dead", never="converged"),
        "All three codebooks fall to one code of 256 within some thousand steps and hardly an item has an id of its own; the loss falls all the while, because the quantiser costs nothing when everything is the same.",
        ("Not usable: one code of 256 in use in all three layers, 0.06 % unique ids.", "codebook_usage 0.7 -> 0.004 (1 of 256) by step 5000; reconstruction flat at 0.65.", "Normalise the residuals, revive dead codes, rotation trick or EMA codebook; the maintainer mended it in the next version."),
    ),
    Case(
        "vqvae2-coco-thirty-six-epochs",
        "ashwin-p/vqvae2-mscoco2017:loss_log.txt",
        "vae",
        Sketch(
            at=every(1, 36),
            lines={"loss": loss(reals((1, 1.6158534), (3, 0.0832519), (5, 0.0544724), (7, 0.0471962), (9, 0.0451386), (11, 0.0424156), (14, 0.0411167), (18, 0.0406522), (20, 0.0396774), (24, 0.0384864), (26, 0.037981), (30, 0.0376735), (36, 0.0376476)), 0.004), "lr": Line((made(1, 3e-4),))},
            config={"model": "vqvae2", "dataset": "mscoco2017", "epochs": 50, "batch_size": 64, "lr": 3e-4, "n_embed": 512},
            state="killed",
            planned=50,
            clock=Clock(1500.0, jitter=0.02),
        ),
        healthy(usable=False, also="plateau run-crashed", never="divergence loss-jump no-learning codebook-collapse"),
        "Loss 1.62 to 0.038 in thirty-six epochs, practically flat over the last six; ended by hand. Only a loss is known, so nothing can be said of the codes.",
        ("Probably usable; only the loss is logged (0.0376, best at the last epoch).", "Flat since epoch 30 (0.0377 -> 0.0376).", "Log perplexity and look at reconstructions before training the prior."),
    ),
    Case(
        "inpainting-vqvae-commitment-of-hundreds",
        "USTC-JialunPeng/Diverse-Structure-Inpainting#15",
        "vae",
        Sketch(
            at=every(100, 24_000),
            lines={
                "recons_loss": loss(mades((100, 0.21), (1_000, 0.11), (6_000, 0.13), (24_000, 0.19)), 0.07),
                "commit_loss": loss((made(100, 0.012), made(800, 0.05), made(3_000, 1.6), made(8_000, 40.0), level(20_000, 400.0), made(24_000, 520.0)), 0.55),
                "loss": Derived(("recons_loss", "commit_loss"), lambda r, c: r + 0.25 * c),
                "perplexity": Line(mades((100, 160.0), (1_000, 61.0), (4_000, 12.0), (24_000, 3.4)), noise=(gaussian(0.4),), then=(clipped(1.0),)),
            },
            config={"model": "vqvae", "num_embeddings": 512, "embedding_dim": 64, "commitment_cost": 0.25, "decay": 0.99, "batch_size": 8, "learning_rate": 1e-4, "framework": "tensorflow2"},
            state="running",
            planned=1_000_000,
            clock=Clock(0.33),
        ),
        sick(fault("divergence codebook-collapse loss-jump scale-mismatch component-dominates kl-explode", (800, 8_000), 15_000, WARNING), never="converged"),
        "Commitment losses of 50 to 1000 at step 20000 where 1e-3 to 1e-2 is right: the encoder runs away from a codebook that is not updated (EMA under another TensorFlow); the codes in use go to a few.",
        ("Not usable: the encoder has left its codebook (commit_loss 0.012 -> 400, usual 0.001 to 0.01).", "Perplexity 160 -> 3.4, reconstruction got worse since step 1000.", "The EMA update does not run (TF 1 code under TF 2): use the version of the paper, or a gradient codebook; from the start."),
    ),
)
# fmt: on
