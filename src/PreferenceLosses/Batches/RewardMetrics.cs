using System.Numerics;

namespace PreferenceLosses;

/// <summary>
/// The metrics that everybody logs: the implicit rewards of both responses, their difference, and how often it is right.
/// </summary>
/// <typeparam name="T">The precision of the computation.</typeparam>
public sealed class RewardMetrics<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T[] chosen;
    private readonly T[] rejected;
    private readonly T[] margins;

    internal RewardMetrics(T[] chosen, T[] rejected, ReadOnlySpan<T> weights)
    {
        this.chosen = chosen;
        this.rejected = rejected;
        margins = new T[chosen.Length];
        int rows = 0, right = 0, ties = 0;
        double chosenSum = 0, rejectedSum = 0;
        for (var i = 0; i < margins.Length; i++)
        {
            margins[i] = chosen[i] - rejected[i];
            if (weights.Length == 0 || weights[i] != T.Zero)
            {
                rows++;
                right += margins[i] > T.Zero ? 1 : 0;
                ties += margins[i] == T.Zero ? 1 : 0;
                chosenSum += double.CreateTruncating(chosen[i]);
                rejectedSum += double.CreateTruncating(rejected[i]);
            }
        }

        Accuracy = rows == 0 ? double.NaN : (right + (0.5 * ties)) / rows;
        MeanChosen = chosenSum / rows;
        MeanRejected = rejectedSum / rows;
    }

    /// <summary>Implicit reward of the chosen response, in nats; [rows]; 0 for a row of weight 0.</summary>
    public ReadOnlySpan<T> Chosen => chosen;

    /// <summary>Implicit reward of the rejected response, in nats; [rows]; 0 for a row of weight 0.</summary>
    public ReadOnlySpan<T> Rejected => rejected;

    /// <summary>Chosen minus rejected; [rows].</summary>
    public ReadOnlySpan<T> Margins => margins;

    /// <summary>The share of rows with a positive margin, ties counting one half; NaN without rows. Rows of weight 0 do not count.</summary>
    public double Accuracy { get; }

    /// <summary>Mean reward of the chosen responses; NaN without rows.</summary>
    public double MeanChosen { get; }

    /// <summary>Mean reward of the rejected responses; NaN without rows.</summary>
    public double MeanRejected { get; }

    /// <summary>Mean margin; NaN without rows.</summary>
    public double MeanMargin => MeanChosen - MeanRejected;
}
