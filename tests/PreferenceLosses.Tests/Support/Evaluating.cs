using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Support;

/// <summary>Short words for what nearly every test does: evaluate a loss on pairs, in double precision.</summary>
internal static class Evaluating
{
    /// <summary>A loss of the catalogue at its defaults.</summary>
    public static PreferenceLoss Loss(string name) => LossCatalog.BuiltIn.Find(name).Loss;

    /// <summary>A loss of the catalogue with β, and τ where it has one.</summary>
    public static PreferenceLoss Loss(string name, double beta, double? tau = null)
    {
        var loss = Loss(name);
        loss = loss.Has("beta") ? loss.With("beta", beta) : loss;
        return tau is { } value && loss.Has("tau") ? loss.With("tau", value) : loss;
    }

    public static bool Has(this IPreferenceLoss loss, string parameter) =>
        loss.Parameters.Any(bound => bound.Parameter.Name == parameter);

    /// <summary>Pairs with log-ratio differences of exactly these values.</summary>
    public static PairColumns At(params double[] differences) =>
        new(differences, new double[differences.Length], new double[differences.Length], new double[differences.Length]);

    public static LossResult<double> On(this IPreferenceLoss loss, PairColumns pairs, double[]? weights = null, Reduction reduction = Reduction.Mean) =>
        loss.Evaluate(pairs.Batch<double>(weights), new EvaluationOptions { Reduction = reduction });

    /// <summary>The unreduced losses.</summary>
    public static double[] Values(this IPreferenceLoss loss, PairColumns pairs) => loss.On(pairs).Losses.ToArray();

    /// <summary>The loss of one pair, alone in its batch, at a log-ratio difference.</summary>
    public static double Value(this IPreferenceLoss loss, double difference) => loss.Values(At(difference))[0];

    /// <summary>dℓ/dρ of one pair, alone in its batch.</summary>
    public static double Slope(this IPreferenceLoss loss, double difference) =>
        loss.On(At(difference)).Gradient(Columns.PolicyChosen)[0];

    /// <summary>The derivatives of the sum of all losses with respect to the four columns.</summary>
    public static PairColumns Gradient(this IPreferenceLoss loss, PairColumns pairs)
    {
        var result = loss.On(pairs, reduction: Reduction.Sum);
        return PairColumns.From(name => result.Gradient(name).ToArray());
    }

    /// <summary>Chosen and rejected exchanged: ρ changes its sign.</summary>
    public static PairColumns Swapped(this PairColumns pairs) =>
        new(pairs.PolicyRejected, pairs.PolicyChosen, pairs.ReferenceRejected, pairs.ReferenceChosen);

    /// <summary>The same change to every value of some columns.</summary>
    public static PairColumns Map(this PairColumns pairs, Func<double, double> change, params string[] columns) =>
        PairColumns.From(name => columns.Contains(name) ? [.. pairs[name].Select(change)] : pairs[name]);

    /// <summary>ρ of every row, as the library takes it: the log-ratios first.</summary>
    public static double[] Differences(this PairColumns pairs) =>
        [.. Enumerable.Range(0, pairs.Rows).Select(i =>
            (pairs.PolicyChosen[i] - pairs.ReferenceChosen[i]) - (pairs.PolicyRejected[i] - pairs.ReferenceRejected[i]))];
}
