using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>
/// A loss as a function of one number: of ρ where it sees nothing else, otherwise along the policy's log-probability of one completion.
/// All rows of a batch are alike, so a loss with statistics over the batch has a value too.
/// </summary>
internal sealed class Path
{
    /// <summary>The number of rows, all alike, for a loss whose rows see each other.</summary>
    public const int AlikeRows = 10;

    private readonly Subject subject;
    private readonly Line falling;
    private readonly Line? rising;

    private Path(Subject subject, string name, Line falling, Line? rising)
    {
        this.subject = subject;
        this.falling = falling;
        this.rising = rising;
        Name = name;
        Reach = rising is null ? 1000 : 1e6;
    }

    /// <summary>What the number is: "ρ", "log π(chosen)".</summary>
    public string Name { get; }

    /// <summary>How far from 0 it goes, to both sides.</summary>
    public double Reach { get; }

    /// <summary>Whether the path is all that there is to the loss.</summary>
    public bool IsWhole => rising is not null;

    /// <summary>The ratio of neighbouring distances where far points are looked for: wider where each point takes a batch of its own.</summary>
    public double Step => subject.Graph.IsBatchCoupled ? 1.5 : 1.1;

    private string Column => falling.Moves[0].Column;

    /// <summary>The paths of a loss: one, or one for each label; none where rows are of a kind that no path is known for.</summary>
    public static IReadOnlyList<Path> Of(Subject subject)
    {
        Line Moving(double level, string column, double rate, double? label = null) => new(
            Subject.Words(column),
            Samples.Alike(subject.Graph, 1, level).Map((_, _, value) => label ?? value, Columns.Desirable),
            [(column, 0, rate)]);
        return subject.Kind switch
        {
            // Below 0 the chosen completion becomes less likely, above it the rejected one: nothing exceeds a probability of 1, however far it goes.
            RowKind.Pair when subject.IsOfDifferenceAlone =>
                [new(subject, "ρ", Moving(-1, Columns.PolicyChosen, 1), Moving(-1, Columns.PolicyRejected, -1))],
            RowKind.Pair when subject.Reads(Columns.PolicyChosen) => [new(subject, "log π(chosen)", Moving(-1024, Columns.PolicyChosen, 1), null)],
            RowKind.Example when subject.Reads(Columns.Desirable) =>
            [
                new(subject, "log π, desirable", Moving(-1024, Columns.Policy, 1, 1), null),
                new(subject, "log π, undesirable", Moving(-1024, Columns.Policy, 1, 0), null),
            ],
            RowKind.Example => [new(subject, "log π", Moving(-1024, Columns.Policy, 1), null)],
            _ => [],
        };
    }

    /// <summary>Losses (the mean of both, for a 2B loss) and their derivatives along the path.</summary>
    public (double[] Losses, double[] Slopes) At<T>(IReadOnlyList<double> points)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var losses = new double[points.Count];
        var slopes = new double[points.Count];
        if (subject.Graph.IsBatchCoupled)
        {
            for (var i = 0; i < points.Count; i++)
            {
                (losses[i], slopes[i]) = Mean<T>(points[i]);
            }

            return (losses, slopes);
        }

        var outputs = subject.Graph.Losses.Length;
        foreach (var part in new[] { false, true })
        {
            // The reference point belongs to the falling side; without a rising one all points do.
            var chosen = Enumerable.Range(0, points.Count).Where(i => (rising is not null && points[i] > 0) == part).ToArray();
            if (chosen.Length == 0)
            {
                continue;
            }

            var batch = (part ? rising! : falling).Stacked([.. chosen.Select(i => points[i])]).ToBatch<T>();
            var values = new T[chosen.Length * outputs];
            var gradient = new T[chosen.Length];
            var upstream = new T[values.Length];
            Array.Fill(upstream, T.One / T.CreateTruncating(outputs));
            subject.Loss.VectorJacobianProduct(batch, upstream, Destination(values, gradient), new() { MaxThreads = 1 });
            for (var k = 0; k < chosen.Length; k++)
            {
                losses[chosen[k]] = Enumerable.Range(0, outputs).Sum(o => double.CreateTruncating(values[(o * chosen.Length) + k])) / outputs;
                slopes[chosen[k]] = double.CreateTruncating(gradient[k]);
            }
        }

        return (losses, slopes);
    }

    public double Loss(double point) => At<double>([point]).Losses[0];

    public double Slope(double point) => At<double>([point]).Slopes[0];

    /// <summary>The first row on both sides of a point.</summary>
    public (Observation Before, Observation After) Around(double point)
    {
        var step = Math.Max(Math.Abs(point) * 1e-9, 1e-9);
        return (Observe(point - step), Observe(point + step));
    }

    private Observation Observe(double point)
    {
        var rows = subject.Graph.IsBatchCoupled ? AlikeRows : 1;
        return subject.Probe.Observe((rising is not null && point > 0 ? rising : falling).Stacked([.. Enumerable.Repeat(point, rows)]), 0);
    }

    private (double Loss, double Slope) Mean<T>(double point)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var batch = (rising is not null && point > 0 ? rising : falling).Stacked([.. Enumerable.Repeat(point, AlikeRows)]).ToBatch<T>();
        var gradient = new T[AlikeRows];
        var mean = subject.Loss.Evaluate(batch, Destination<T>(default, gradient), new() { MaxThreads = 1 });
        return (double.CreateTruncating(T.CreateTruncating(mean)), gradient.Sum(g => double.CreateTruncating(g)));
    }

    /// <summary>Of a function of ρ the derivative by log π(chosen) is the one by ρ.</summary>
    private LossDestination<T> Destination<T>(Span<T> losses, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Column == Columns.PolicyChosen
            ? new() { Losses = losses, PolicyChosen = gradient }
            : new() { Losses = losses, Policy = gradient };
}
