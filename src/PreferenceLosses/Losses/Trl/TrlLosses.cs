namespace PreferenceLosses.Losses;

/// <summary>Losses from TRL's configurations.</summary>
/// <remarks>
/// <para>
/// Known differences from TRL's means, as of 2026: <c>sigmoid</c> of DPOTrainer with label smoothing, if it is the only loss type, is conservative
/// DPO, which TRL computed before 0.29; now TRL accepts the option and ignores it. Beside others <c>sigmoid</c> has no smoothing. ORPO's
/// likelihood is the average over each chosen response, where TRL's runs over all tokens of prompts and responses. TRL clamps the exponents
/// of an α-divergence, at 80 in single precision; here the loss goes on beyond that.
/// </para>
/// <para>
/// Others have the same mean and other rows: the losses of AOT, KTO and BCO come in the order of the input, and each pair has its own share of a
/// likelihood that TRL averages over all tokens of the batch.
/// </para>
/// </remarks>
public static class TrlLosses
{
    /// <summary>The loss that a configuration describes, with TRL's defaults.</summary>
    /// <param name="config">The configuration.</param>
    /// <exception cref="ArgumentException">
    /// A loss type is not known to the trainer; an option is set that makes no difference, or one that is not available here; or a combination
    /// makes no sense. The message says why.
    /// </exception>
    public static PreferenceLoss FromTrl(TrlConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        RefuseWhatIsNoLoss(config);
        var types = config.LossTypes ?? [DefaultType(config.Trainer)];
        if (types.Count == 0 || (types.Count > 1 && config.Trainer != TrlTrainer.Dpo))
        {
            throw new ArgumentException($"There are {types.Count} loss types; {(types.Count == 0 ? "at least one is needed" : "only DPOTrainer takes several")}.", nameof(config));
        }

        if (config.LossWeights is { } given && given.Count != types.Count)
        {
            throw new ArgumentException($"There are {given.Count} loss_weights for {types.Count} loss types; one for each is needed.", nameof(config));
        }

        var options = new TrlOptions(config);
        PreferenceLoss[] losses = [.. types.Select(type => OfTrainer(config.Trainer, type, options, types))];
        options.RefuseUnused(string.Join(", ", types));
        var weights = config.LossWeights ?? [.. types.Select(_ => 1.0)];
        return weights is [1.0] ? losses[0] : WeightedSumLoss.Of([.. weights.Zip(losses)]);
    }

    private static string DefaultType(TrlTrainer trainer) => trainer switch
    {
        TrlTrainer.Kto => "kto",
        TrlTrainer.Bco => "bco",
        TrlTrainer.Orpo => "orpo",
        _ => "sigmoid",
    };

    private static PreferenceLoss OfTrainer(TrlTrainer trainer, string type, TrlOptions options, IReadOnlyList<string> types) => trainer switch
    {
        TrlTrainer.Dpo => Modified(OfDpo(type, options, types), type, options, types),
        TrlTrainer.Cpo => OfCpo(type, options),
        TrlTrainer.Tpo => OfTpo(type, options),
        TrlTrainer.Kto => OfKto(type, options),
        TrlTrainer.Bco when type == "bco" => new BcoLoss { Beta = Beta(options) },
        TrlTrainer.Orpo when type == "orpo" => new OrpoLoss { Lambda = Beta(options) },
        _ => throw Unknown(type, trainer, DefaultType(trainer)),
    };

    private static PreferenceLoss OfDpo(string type, TrlOptions options, IReadOnlyList<string> types) => type switch
    {
        "sigmoid" when types.Count == 1 && Smoothing(options) is not 0 => new CdpoLoss { Beta = Beta(options), LabelSmoothing = Smoothing(options) },
        "sigmoid" => new DpoLoss { Beta = Beta(options) },
        "hinge" => new SlicLoss { Beta = Beta(options) },
        "ipo" => new IpoAveragedLoss { Beta = Beta(options) },
        "exo_pair" when Smoothing(options) == 0 => throw new ArgumentException(
            "exo_pair needs label_smoothing greater than 0: at 0 the loss is infinite. TRL's documentation has 0.001."),
        "exo_pair" => new ExoPairLoss { Beta = Beta(options), LabelSmoothing = Smoothing(options) },
        "nca_pair" => new NcaPairLoss { Beta = Beta(options) },
        "robust" => new RobustLoss { Beta = Beta(options), LabelSmoothing = Smoothing(options) },
        "bco_pair" => new BcoPairLoss { Beta = Beta(options) },
        "sppo_hard" => new SppoHardLoss { Beta = Beta(options) },
        "aot" => new AotLoss { Beta = Beta(options), LabelSmoothing = Smoothing(options) },
        "aot_unpaired" => new AotUnpairedLoss { Beta = Beta(options), LabelSmoothing = Smoothing(options) },
        "apo_zero" => new ApoZeroLoss { Beta = Beta(options) },
        "apo_down" => new ApoDownLoss { Beta = Beta(options) },
        "discopop" => new DiscoPopLoss { Beta = Beta(options), Tau = options.Number("discopop_tau", 0.05) },
        "sft" => new SftLoss(),
        "sigmoid_norm" => new SigmoidNormLoss { Beta = Beta(options) },
        _ => throw Unknown(
            type, TrlTrainer.Dpo, "sigmoid, hinge, ipo, exo_pair, nca_pair, robust, bco_pair, sppo_hard, aot, aot_unpaired, apo_zero, apo_down, discopop, sft, sigmoid_norm"),
    };

    private static PreferenceLoss OfCpo(string type, TrlOptions options)
    {
        if (type is "simpo" or "alphapo")
        {
            options.Unavailable("label_smoothing", 0, type);
        }
        else if (type is "sigmoid" or "hinge" or "ipo")
        {
            options.Unavailable("alpha", 0, type);
        }

        var shape = options.Number("alpha", 0);
        PreferenceLoss preference = type switch
        {
            "sigmoid" => new CpoLoss { Beta = Beta(options), Alpha = 0, LabelSmoothing = Smoothing(options) },
            "hinge" => new SlicLoss { Beta = Beta(options) }.With(Modification.ReferenceFree),
            "ipo" => new IpoAveragedLoss { Beta = Beta(options) }.With(Modification.ReferenceFree),
            "simpo" or "alphapo" when shape == 0 => new SimPoLoss { Beta = Beta(options), Gamma = options.Number("simpo_gamma", 0.5) },
            "simpo" or "alphapo" => new AlphaPoLoss { Beta = Beta(options), Gamma = options.Number("simpo_gamma", 0.5), Alpha = shape },
            _ => throw Unknown(type, TrlTrainer.Cpo, "sigmoid, hinge, ipo, simpo, alphapo"),
        };

        // TRL sets cpo_alpha to 0 for alphapo itself.
        var likelihood = type == "alphapo" ? 0 : options.Number("cpo_alpha", 1);
        return likelihood == 0 ? preference : WeightedSumLoss.Of((1, preference), (likelihood, new SftLoss()));
    }

    private static PreferenceLoss OfTpo(string type, TrlOptions options)
    {
        if (type is not ("sigmoid" or "tpo-l"))
        {
            throw Unknown(type, TrlTrainer.Tpo, "sigmoid, tpo-l");
        }

        options.Unavailable("label_smoothing", 0, type);
        var (β, α) = (options.Number("beta", 0.01), options.Number("tpo_alpha", 1));

        // Without the likelihood TRL's batches have no gold responses.
        if (type == "sigmoid")
        {
            return α == 0 ? new DpoLoss { Beta = β }.With(Modification.ReferenceFree) : new TpoLoss { Beta = β, Alpha = α };
        }

        var γ = options.Number("tpo_l_gamma", 0.5);
        return α == 0 ? new SimPoLoss { Beta = β, Gamma = γ } : new TpoLengthLoss { Beta = β, Alpha = α, Gamma = γ };
    }

    private static PreferenceLoss OfKto(string type, TrlOptions options)
    {
        if (type == "apo_zero_unpaired")
        {
            options.Unavailable("desirable_weight", 1, type);
            options.Unavailable("undesirable_weight", 1, type);
            return new ApoZeroUnpairedLoss { Beta = Beta(options) };
        }

        return type != "kto" ? throw Unknown(type, TrlTrainer.Kto, "kto, apo_zero_unpaired") : new KtoLoss
        {
            Beta = Beta(options), DesirableWeight = options.Number("desirable_weight", 1), UndesirableWeight = options.Number("undesirable_weight", 1),
        };
    }

    /// <summary>What DPOTrainer does to every loss type. A likelihood beside others has no divergence and no reference.</summary>
    private static PreferenceLoss Modified(PreferenceLoss loss, string type, TrlOptions options, IReadOnlyList<string> types)
    {
        var stands = type != "sft" || types.Count == 1;
        var modified = !stands ? loss : options.Word("f_divergence_type", "reverse_kl") switch
        {
            "reverse_kl" => loss,
            "forward_kl" => loss.With(Modification.ForwardKl),
            "js_divergence" => loss.With(Modification.JensenShannon),
            "alpha_divergence" => OfAlphaDivergence(loss, options.Number("f_alpha_divergence_coef", 0.5)),
            var other => throw new ArgumentException(
                $"f_divergence_type is '{other}'; reverse_kl, forward_kl, js_divergence and alpha_divergence are accepted."),
        };
        if (stands && options.IsOn("reference_free"))
        {
            modified = modified.With(Modification.ReferenceFree);
        }

        if (type == "sft" && options.IsOn("use_weighting"))
        {
            throw new ArgumentException(
                "use_weighting with sft is not available here: by TRL's formula the likelihood averaged over the batch is multiplied by the mean of the pairs' weights, and pair weights here multiply each pair's own.");
        }

        return options.IsOn("use_weighting") ? modified.With(Modification.PairWeights) : modified;
    }

    /// <summary>TRL's limit case around 1 is the reverse KL divergence: whatever the loss, nothing changes.</summary>
    private static PreferenceLoss OfAlphaDivergence(PreferenceLoss loss, double α) => α switch
    {
        > 1 - 1e-6 and < 1 + 1e-6 => loss,
        >= 0 and < 1 => loss.WithAlphaDivergence(α),
        _ => throw new ArgumentException(FormattableString.Invariant($"f_alpha_divergence_coef = {α} is not available here; 0 to 1 are.")),
    };

    private static void RefuseWhatIsNoLoss(TrlConfig config)
    {
        if (config.LdAlpha is not null)
        {
            throw new ArgumentException(
                $"ld_alpha is no part of a loss: it changes how log-probabilities are summed. Sum the columns with {nameof(LengthDesensitization)}, and leave it out here.", nameof(config));
        }

        if (config.RpoAlpha is not null)
        {
            throw new ArgumentException(
                "rpo_alpha is gone from TRL, and meant different things in its versions; loss_type [sigmoid, sft] with loss_weights says it.", nameof(config));
        }
    }

    private static double Beta(TrlOptions options) => options.Number("beta", 0.1);

    private static double Smoothing(TrlOptions options) => options.Number("label_smoothing", 0);

    private static ArgumentException Unknown(string type, TrlTrainer trainer, string accepted) =>
        new($"'{type}' is no loss_type of TRL's {trainer.ToString().ToUpperInvariant()}Trainer, or one that is not here; accepted are {accepted}.");
}
