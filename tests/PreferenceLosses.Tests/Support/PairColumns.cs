using System.Numerics;

namespace PreferenceLosses.Tests.Support;

/// <summary>The four columns of a batch of pairs, in double precision.</summary>
internal sealed record PairColumns(double[] PolicyChosen, double[] PolicyRejected, double[] ReferenceChosen, double[] ReferenceRejected)
{
    public static readonly string[] Names =
        [Columns.PolicyChosen, Columns.PolicyRejected, Columns.ReferenceChosen, Columns.ReferenceRejected];

    /// <summary>
    /// What some losses read beside the four columns: the same in every row, so that rows can be reordered and left out.
    /// </summary>
    private static readonly Dictionary<string, double> Others = new()
    {
        [Columns.ChosenLength] = 10, [Columns.RejectedLength] = 7, [Columns.ChosenScore] = 0.875, [Columns.RejectedScore] = 0.25,
        [Columns.Margin] = 0.5, [Columns.PolicyGold] = -30, [Columns.GoldLength] = 12, [Columns.ChosenKl] = 1.5, [Columns.RejectedKl] = 0.5,
    };

    private static readonly Dictionary<string, double> Scalars = new()
    {
        [Columns.Shift] = 0.25, [Columns.RunningMean] = -0.5, [Columns.RunningDeviation] = 1.5,
    };

    public int Rows => PolicyChosen.Length;

    /// <summary>With what some losses read beside the four columns.</summary>
    public static implicit operator FormulaBatch(PairColumns pairs) => new(pairs.Rows)
    {
        Columns = Names.Select(name => (Name: name, Values: pairs[name]))
            .Concat(Others.Select(o => (Name: o.Key, Values: Enumerable.Repeat(o.Value, pairs.Rows).ToArray())))
            .ToDictionary(c => c.Name, c => c.Values),
        Scalars = Scalars,
    };

    public static PairColumns From(Func<string, double[]> column) =>
        new(column(Names[0]), column(Names[1]), column(Names[2]), column(Names[3]));

    /// <summary>Pairs with a given ρ each, the reference at −10 and −11.</summary>
    public static PairColumns WithDifferences(params double[] differences) => new(
        [.. differences.Select(ρ => -10 + (ρ / 2))],
        [.. differences.Select(ρ => -11 - (ρ / 2))],
        [.. differences.Select(_ => -10.0)],
        [.. differences.Select(_ => -11.0)]);

    /// <summary>Seeded pairs, with a policy within a few nats of the reference.</summary>
    public static PairColumns Random(int rows, int seed, double spread = 2)
    {
        var random = new Random(seed);
        double Near(double center, double width) => Math.Round((center + (width * ((2 * random.NextDouble()) - 1))) * 1024) / 1024;
        var referenceChosen = Enumerable.Range(0, rows).Select(_ => Near(-60, 40)).ToArray();
        var referenceRejected = Enumerable.Range(0, rows).Select(_ => Near(-60, 40)).ToArray();
        return new(
            [.. referenceChosen.Select(r => Near(r, spread))],
            [.. referenceRejected.Select(r => Near(r, spread))],
            referenceChosen,
            referenceRejected);
    }

    public double[] this[string column] => column switch
    {
        Columns.PolicyChosen => PolicyChosen,
        Columns.PolicyRejected => PolicyRejected,
        Columns.ReferenceChosen => ReferenceChosen,
        Columns.ReferenceRejected => ReferenceRejected,
        _ => throw new ArgumentException(column, nameof(column)),
    };

    /// <summary>The same with one column replaced.</summary>
    public PairColumns With(string column, double[] values) => From(name => name == column ? values : this[name]);

    /// <summary>Some of the rows.</summary>
    public PairColumns Select(Func<int, bool> row) =>
        From(name => [.. this[name].Where((_, i) => row(i))]);

    /// <summary>The same numbers, rounded to a precision; <paramref name="weights"/> may be null.</summary>
    public PreferenceBatch<T> Batch<T>(double[]? weights = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => ((FormulaBatch)this).Batch<T>(weights);

    public static T[] Convert<T>(double[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => [.. values.Select(v => T.CreateTruncating(v))];
}
