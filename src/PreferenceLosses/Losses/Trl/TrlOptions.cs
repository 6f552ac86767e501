namespace PreferenceLosses.Losses;

/// <summary>Hands out the options of a configuration and keeps count, so that an option that nobody asked for is noticed.</summary>
internal sealed class TrlOptions(TrlConfig config)
{
    private readonly Dictionary<string, object?> unused = new()
    {
        ["beta"] = config.Beta, ["label_smoothing"] = config.LabelSmoothing, ["discopop_tau"] = config.DiscoPopTau,
        ["f_divergence_type"] = config.FDivergenceType, ["f_alpha_divergence_coef"] = config.FAlpha, ["cpo_alpha"] = config.CpoAlpha,
        ["simpo_gamma"] = config.SimPoGamma, ["alpha"] = config.Alpha, ["tpo_alpha"] = config.TpoAlpha, ["tpo_l_gamma"] = config.TpoLengthGamma,
        ["desirable_weight"] = config.DesirableWeight, ["undesirable_weight"] = config.UndesirableWeight,
        ["reference_free"] = config.ReferenceFree ? true : null, ["use_weighting"] = config.UseWeighting ? true : null,
    };

    private readonly Dictionary<string, object?> taken = [];

    /// <summary>A number, or TRL's default.</summary>
    public double Number(string name, double fallback) => (double?)Take(name) ?? fallback;

    /// <summary>A word, or TRL's default.</summary>
    public string Word(string name, string fallback) => (string?)Take(name) ?? fallback;

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name) => Take(name) is true;

    /// <summary>Takes an option that is part of TRL's loss and not of the one here, and refuses every value but the one that changes nothing.</summary>
    public void Unavailable(string name, double neutral, string loss)
    {
        var value = Number(name, neutral);
        if (!value.Equals(neutral))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{name} = {value} is part of TRL's {loss}, and is not available here for it; {neutral}, TRL's default, is."));
        }
    }

    /// <summary>Refuses a configuration that sets what was not asked for. Smoothing by 0 is no smoothing.</summary>
    public void RefuseUnused(string losses)
    {
        foreach (var (name, value) in unused)
        {
            if (value is not null && !(name == "label_smoothing" && value is 0.0))
            {
                throw new ArgumentException(FormattableString.Invariant($"{name} = {value} is set, and makes no difference to {losses} in TRL as of 2026: leave it out."));
            }
        }
    }

    private object? Take(string name)
    {
        if (unused.Remove(name, out var value))
        {
            taken.Add(name, value);
        }

        return taken[name];
    }
}
