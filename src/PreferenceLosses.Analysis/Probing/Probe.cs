using PreferenceLosses.Analysis.Rules;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Analysis.Probing;

/// <summary>Evaluates a loss on small batches, in double precision unless said otherwise.</summary>
internal sealed class Probe(IPreferenceLoss loss)
{
    /// <summary>How far apart two losses that were not verified by intervals have to be to be called different: in nats, and as a share of the larger.</summary>
    public const double Rounding = 1e-9;

    public IPreferenceLoss Loss => loss;

    public LossGraph Graph => loss.Graph;

    /// <summary>The same formula with another value of a hyper-parameter; null if it is not accepted.</summary>
    public Probe? With(string parameter, double value)
    {
        var bound = loss.Parameters.First(p => p.Parameter.Name == parameter).Parameter;
        return bound.Bounds.Contains(value) ? new Probe(new Rebound(loss, loss.Parameters.With(parameter, value))) : null;
    }

    /// <summary>All losses: those of the first output, then of the second if there is one.</summary>
    public double[] Losses(ProbeBatch batch)
    {
        var losses = new double[batch.Rows * Graph.Losses.Length];
        loss.Evaluate(batch.ToBatch<double>(), new LossDestination<double> { Losses = losses }, Options);
        return losses;
    }

    public double Mean(ProbeBatch batch) => loss.Evaluate(batch.ToBatch<double>(), default(LossDestination<double>), Options);

    /// <summary>The losses of the moving row along a line: [output][point].</summary>
    public double[][] Along(Line line, IReadOnlyList<double> points)
    {
        var outputs = Graph.Losses.Length;
        if (!Graph.IsBatchCoupled)
        {
            var losses = Losses(line.Stacked(points));
            return [.. Enumerable.Range(0, outputs).Select(o => losses[(o * points.Count)..((o + 1) * points.Count)])];
        }

        var along = Enumerable.Range(0, outputs).Select(_ => new double[points.Count]).ToArray();
        for (var i = 0; i < points.Count; i++)
        {
            var losses = Losses(line.At(points[i]));
            for (var o = 0; o < outputs; o++)
            {
                along[o][i] = losses[o * line.Context.Rows];
            }
        }

        return along;
    }

    /// <summary>Whether two losses are finite, and farther apart than rounding explains.</summary>
    public static bool Differ(double a, double b) =>
        double.IsFinite(a) && double.IsFinite(b) && Math.Abs(a - b) > Rounding * (1 + Math.Max(Math.Abs(a), Math.Abs(b)));

    public Observation Observe(ProbeBatch batch, int? row, int output = 0) => new(
        batch.Rows,
        batch.Columns,
        batch.Scalars,
        batch.ResponsesPerRow,
        loss.Parameters,
        row,
        output,
        row is { } r ? Losses(batch)[(output * batch.Rows) + r] : Mean(batch));

    /// <summary>
    /// Numbers between which the exact loss of an observation lies. Of a row that sees no other and no responses they come from
    /// interval arithmetic and are certain; elsewhere they allow for <see cref="Rounding"/>.
    /// </summary>
    public Interval Enclose(Observation seen)
    {
        if (seen.Row is { } row && !Graph.IsBatchCoupled && seen.ResponsesPerRow == 0)
        {
            var at = new Ranges(Graph, loss.Parameters, name =>
                Interval.Of(seen.Scalars.TryGetValue(name, out var scalar) ? scalar : seen.Columns[name][row]));
            var exact = at[Graph.Losses[seen.Output]];
            return exact.IsDefined ? exact : Interval.All;
        }

        var error = Rounding * (1 + Math.Abs(seen.Loss));
        return double.IsFinite(seen.Loss) ? new(seen.Loss - error, seen.Loss + error) : Interval.All;
    }

    private static EvaluationOptions Options => new() { MaxThreads = 1, SingleRow = SingleRow.PyTorch };

    /// <summary>A formula with values of its own.</summary>
    private sealed class Rebound(IPreferenceLoss original, ParameterValues parameters) : IPreferenceLoss
    {
        public string Name => original.Name;

        public ParameterValues Parameters => parameters;

        public LossGraph Graph => original.Graph;
    }
}
