namespace PreferenceLosses.Training;

/// <summary>The settings of AdamW (Loshchilov and Hutter, arXiv 1711.05101). The learning rate is given at each step.</summary>
public sealed record AdamWOptions
{
    /// <summary>β₁: the share of the past in the mean of gradients; from 0 to below 1.</summary>
    /// <value>The default value is 0.9.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public double Beta1 { get; init => field = Share(value); } = 0.9;

    /// <summary>β₂: the share of the past in the mean of squared gradients; from 0 to below 1.</summary>
    /// <value>The default value is 0.999.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public double Beta2 { get; init => field = Share(value); } = 0.999;

    /// <summary>ε: added to the root of the mean squared gradient; at least 1e-37, as weights are of single precision, where less is 0 or nearly.</summary>
    /// <value>The default value is 1e-8.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public double Epsilon
    {
        get;
        init => field = value is >= 1e-37 and <= float.MaxValue
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "ε has to be a number from 1e-37 to the largest of single precision.");
    } = 1e-8;

    /// <summary>Decoupled weight decay: at each step weights are multiplied by 1 − learning rate · this; 0 or greater.</summary>
    /// <value>The default value is 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public double WeightDecay
    {
        get;
        init => field = value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The weight decay has to be a finite number, 0 or greater.");
    }

    private static double Share(double value) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "The share of the past has to be from 0 to below 1.");
}
