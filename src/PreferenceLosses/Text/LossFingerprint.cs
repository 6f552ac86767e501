using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>What a loss gives on fixed probe rows: two losses with the same fingerprint are the same function, however they are written.</summary>
/// <remarks>
/// <para>
/// The probes are three batches (of 24, 16 and 2 rows, so that batch statistics show) at two values of β where the loss has that
/// parameter, other hyper-parameters at their values; double precision, log-ratios up to about 30 nats. β's own value does not matter.
/// </para>
/// <para>
/// Values are compared to 1e-6 of the larger one (a text that casts to float32 on the way is the same function), and to 1e-9 of
/// the largest of all. That two functions agree at all probes without being the same is not impossible, but nobody writes such a
/// thing by accident.
/// </para>
/// </remarks>
public sealed class LossFingerprint
{
    private const double RelativeTolerance = 1e-6;

    private static readonly ImmutableArray<int> BatchSizes = [24, 16, 2];

    private static readonly ImmutableArray<double> Betas = [0.05, 0.2];

    private readonly double[] values;

    private LossFingerprint(double[] values) => this.values = values;

    /// <summary>The fingerprint of a loss.</summary>
    /// <param name="loss">The loss. Its batches may have any columns: pairs, unpaired examples, or responses of a prompt.</param>
    public static LossFingerprint Of(IPreferenceLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var hasBeta = loss.Parameters.Any(p => p.Parameter.Name == "beta");
        var settings = hasBeta
            ? Betas.Where(b => loss.Parameters.Single(p => p.Parameter.Name == "beta").Parameter.Bounds.Contains(b)).Select(b => loss.Parameters.With("beta", b))
            : [loss.Parameters];

        // Without β the same values stand twice, so that fingerprints with and without one can be compared.
        var values = settings.SelectMany(parameters => BatchSizes.SelectMany(rows => Probe.Losses(new Rebound(loss, parameters), rows))).ToArray();
        return new LossFingerprint(hasBeta ? values : [.. values, .. values]);
    }

    /// <summary>Whether another loss is the same function.</summary>
    /// <param name="other">Its fingerprint.</param>
    public bool IsSameFunctionAs(LossFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Agree(values, other.values);
    }

    /// <summary>
    /// How another loss follows from this one by scaling and shifting: other = c · this + d, with c ≠ 0. Such losses
    /// train alike, at a learning rate that differs by c.
    /// </summary>
    /// <param name="other">The other loss's fingerprint.</param>
    /// <returns>c and d; null if there are none, or if either loss is constant or not finite at some probe.</returns>
    public (double Scale, double Offset)? AffineRelationTo(LossFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (values.Length != other.values.Length || !values.Concat(other.values).All(double.IsFinite))
        {
            return null;
        }

        // Between the two probes where this loss differs most, the rounding of the result counts least.
        var low = Array.IndexOf(values, values.Min());
        var high = Array.IndexOf(values, values.Max());
        var scale = (other.values[high] - other.values[low]) / (values[high] - values[low]);
        var offset = other.values[low] - (scale * values[low]);
        return double.IsFinite(scale) && scale != 0 && Agree([.. values.Select(v => (scale * v) + offset)], other.values) ? (scale, offset) : null;
    }

    private static bool Agree(double[] a, double[] b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        var largest = a.Concat(b).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        return a.Zip(b).All(pair =>
            pair.First.Equals(pair.Second)
            || Math.Abs(pair.First - pair.Second) <= (RelativeTolerance * Math.Max(Math.Abs(pair.First), Math.Abs(pair.Second))) + (1e-9 * largest));
    }

    /// <summary>A loss with other values of its hyper-parameters.</summary>
    private sealed class Rebound(IPreferenceLoss loss, ParameterValues parameters) : IPreferenceLoss
    {
        public string Name => loss.Name;

        public ParameterValues Parameters => parameters;

        public LossGraph Graph => loss.Graph;
    }
}
