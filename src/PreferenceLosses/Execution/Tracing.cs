using System.Collections.Immutable;
using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Evaluates every named node of a loss and its adjoint. For looking at one row, not for speed: it compiles anew.</summary>
internal static unsafe class Tracing<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static LossTrace Run(IPreferenceLoss loss, in PreferenceBatch<T> batch, int row, EvaluationOptions options)
    {
        var compiled = CompiledLoss.Of(loss.Graph);
        var rows = BatchChecks<T>.Rows(compiled, batch);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, rows);
        if (batch.Weight.Length > 0 && batch.Weight[row] == T.Zero)
        {
            throw new ArgumentException($"Row {row} has a weight of 0: it takes part in nothing, so there is nothing to trace.", nameof(row));
        }

        var nodes = NamedNodes(compiled.Graph);
        var adjoints = Differentiation.VectorJacobianProduct(compiled.Graph.Losses, compiled.Seeds(batch.Weight.Length > 0), compiled.Graph.IsVerbatim);
        var roots = nodes.Select(n => n.Node).Concat(nodes.Select(n => adjoints[n.Node])).ToImmutableArray();

        var perRow = Math.Max(batch.ResponsesPerRow, 1);
        var values = new T[(long)roots.Length * rows * perRow];
        var scalars = new double[roots.Length];
        fixed (T* memory = values)
        fixed (double* scalarOutputs = scalars)
        {
            var outputs = stackalloc T*[roots.Length];
            for (var i = 0; i < roots.Length; i++)
            {
                outputs[i] = memory + ((long)i * rows * perRow);
            }

            BatchBinding<T>.Run(
                new BatchBinding<T>.Request
                {
                    Loss = compiled,
                    Formulas = new CompiledFormulas(roots, compiled.Graph.IsVerbatim),
                    Rows = rows,
                    Parameters = loss.Parameters,
                    AllowsNonFinite = true,
                    Options = options,
                },
                batch,
                outputs,
                scalarOutputs);
        }

        return new LossTrace(row, [.. nodes.Select((n, i) => new TraceEntry(
            n.Name, n.Node.Shape, At(i), adjoints.Covers(n.Node) ? At(nodes.Length + i) : []))]);

        ImmutableArray<double> At(int output) => roots[output].Shape switch
        {
            Shape.Scalar => [scalars[output]],
            Shape.Row => [double.CreateTruncating(values[((long)output * rows * perRow) + row])],
            _ => [.. Enumerable.Range(0, perRow).Select(k => double.CreateTruncating(values[((((long)output * rows) + row) * perRow) + k]))],
        };
    }

    private static ImmutableArray<(string Name, Expr Node)> NamedNodes(LossGraph graph)
    {
        var halves = graph.Losses.Length == 1 ? ["loss"] : new[] { "loss of the chosen half", "loss of the rejected half" };
        return
        [
            .. graph.Inputs.Concat(graph.Parameters).Concat(graph.Named).Select(n => (n.Name!, n)),
            .. graph.Losses.Select((loss, i) => (halves[i], loss)),
        ];
    }
}
