using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>
/// The yardstick for rounding errors, in multiples of the precision's ε: the absolute terms that were added up in a result,
/// plus what a relative change of one ε in each input does to it. Near a stationary point, or where ρ is the small difference
/// of large numbers, a plain relative error means nothing; this is what no arithmetic of that precision can beat by much.
/// </summary>
internal static class ErrorUnits
{
    /// <summary>A small step, relative to the input: far above the rounding of double precision, far below any curvature.</summary>
    private const double Step = 1.0 / (1 << 28);

    /// <summary>The unit of each loss and of each entry of the gradient of the mean, for ε = 1.</summary>
    public static GoldenResult Of(IPreferenceLoss loss, FormulaBatch input)
    {
        var terms = AbsoluteTerms(loss, input);
        var options = new EvaluationOptions { SingleRow = SingleRow.PyTorch };
        var at = loss.Evaluate(input.Batch<double>(), options);
        var columns = LossRun.Differentiated(loss, input);
        foreach (var column in columns)
        {
            for (var i = 0; i < input.Columns[column].Length; i++)
            {
                var above = loss.Evaluate(Moved(input, column, i, 1 + Step).Batch<double>(), options);
                var below = loss.Evaluate(Moved(input, column, i, 1 - Step).Batch<double>(), options);
                AddChange(terms.Losses, at.Losses, above.Losses, below.Losses);
                foreach (var name in columns)
                {
                    AddChange(terms.Gradient[name], at.Gradient(name), above.Gradient(name), below.Gradient(name));
                }
            }
        }

        return terms;
    }

    private static FormulaBatch Moved(FormulaBatch input, string column, int at, double factor) =>
        input.With(column, at, input.Columns[column][at] * factor);

    /// <summary>The smaller change of the two directions: at a jump, the other one says nothing about rounding.</summary>
    private static void AddChange(double[] units, ReadOnlySpan<double> at, ReadOnlySpan<double> above, ReadOnlySpan<double> below)
    {
        for (var i = 0; i < units.Length; i++)
        {
            var change = Math.Min(Math.Abs(above[i] - at[i]), Math.Abs(below[i] - at[i])) / Step;
            units[i] += double.IsFinite(change) ? change : 0;
        }
    }

    private static GoldenResult AbsoluteTerms(IPreferenceLoss loss, FormulaBatch input)
    {
        // The gradient of the mean: every loss weighs 1 / (number of losses).
        var graph = loss.Graph;
        var gradient = graph.Gradient(1 / (BatchSize * graph.Losses.Length));
        var names = gradient.Keys.ToList();
        var shapes = graph.Losses.Select(_ => Shape.Row).Concat(names.Select(n => graph.Inputs.Single(i => i.Name == n).Shape));
        var roots = graph.Losses.Concat(names.Select(n => gradient[n])).Select(Magnitudes).Zip(shapes, Broadcast).ToImmutableArray();
        var values = Run(loss, roots, input);
        return new GoldenResult(
            [.. values.Take(graph.Losses.Length).SelectMany(v => v)],
            0,
            LossRun.Differentiated(loss, input).ToDictionary(
                n => n,
                n => names.Contains(n) ? values[graph.Losses.Length + names.IndexOf(n)] : new double[input.Columns[n].Length]));
    }

    /// <summary>
    /// A formula for Σ|terms|: sums add the magnitudes of their terms, products pass on, to first order, what their factors
    /// added up, and everything else is its own absolute value.
    /// </summary>
    private static Expr Magnitudes(Expr root)
    {
        var magnitudes = new Dictionary<Expr, Expr>(ReferenceEqualityComparer.Instance);
        foreach (var node in NodeOrder.Of([root]))
        {
            Expr M(int i) => magnitudes[node.Operands[i]];
            Expr A(int i) => Abs(node.Operands[i]);

            // What a factor added up beyond its own size; of an infinite one, nothing.
            Expr Beyond(int i) => Where(A(i) < double.PositiveInfinity, M(i) - A(i), 0);
            magnitudes[node] = node.Operation switch
            {
                Operation.Named or Operation.Negate or Operation.StopGradient => M(0),
                Operation.Broadcast => Broadcast(M(0), node.Shape),
                Operation.Add or Operation.Subtract => M(0) + M(1),
                Operation.Multiply => (M(0) * A(1)) + (A(0) * Beyond(1)),
                Operation.Divide => (M(0) / A(1)) + (A(0) * Beyond(1) / (A(1) * A(1))),
                Operation.Select => Where(node.Operands[0], M(1), M(2)),
                // In the derivative of a running sum in log space, two large numbers meet in an exponent: their size is its error.
                Operation.Exp when node.Operands[0].Operands is [_, { } sums] && sums.Operation.IsSortOrScan() =>
                    Abs(node) * (1 + Abs(node.Operands[0].Operands[0]) + Abs(sums)),
                Operation.Sum => Sum(M(0), node.Axis),
                Operation.Mean => Mean(M(0), node.Axis),
                _ => Abs(node),
            };
        }

        return magnitudes[root];
    }

    private static unsafe double[][] Run(IPreferenceLoss loss, ImmutableArray<Expr> roots, FormulaBatch input)
    {
        var lengths = roots.Select(r => r.Shape == Shape.Responses ? input.Rows * input.Responses : input.Rows).ToArray();
        var memory = new double[lengths.Sum()];
        fixed (double* start = memory)
        {
            var outputs = stackalloc double*[roots.Length];
            var scalars = stackalloc double[roots.Length];
            for (var (i, at) = (0, 0); i < roots.Length; at += lengths[i++])
            {
                outputs[i] = start + at;
            }

            BatchBinding<double>.Run(
                new BatchBinding<double>.Request
                {
                    Loss = CompiledLoss.Of(loss.Graph),
                    Formulas = new CompiledFormulas(roots, loss.Graph.IsVerbatim),
                    Rows = input.Rows,
                    Parameters = loss.Parameters,
                    Options = new EvaluationOptions { SingleRow = SingleRow.PyTorch },
                },
                input.Batch<double>(),
                outputs,
                scalars);
        }

        var next = 0;
        return [.. lengths.Select(length => memory[next..(next += length)])];
    }
}
