using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>A loss of pairs by the reference evaluator.</summary>
internal static class PairReference
{
    /// <summary>What <see cref="PairRun.Evaluate"/> should give, by the reference evaluator over the rows whose weight is not 0.</summary>
    public static Dictionary<string, ReferenceValue> Evaluate(
        IPreferenceLoss loss, PairColumns columns, Precision precision, double[]? weights = null, EvaluationOptions options = default)
    {
        var rows = Enumerable.Range(0, columns.Rows).Where(row => weights is null || weights[row] != 0).ToArray();
        var batch = new FormulaBatch(rows.Length)
        {
            Columns = PairColumns.Names.ToDictionary(name => name, name => rows.Select(row => columns[name][row]).ToArray()),
            Parameters = loss.Parameters.ToDictionary(p => p.Parameter.Name!, p => p.Value),
        };
        batch.Columns["weight"] = [.. rows.Select(row => weights?[row] ?? 1)];

        var graph = loss.Graph;
        Expr weight = weights is null ? 1 : Input("weight", Shape.Row, differentiable: false);
        var upstream = options.Reduction == Reduction.Sum ? weight : weight * (1 / (BatchSize * graph.Losses.Length));
        var total = graph.Losses.Select(l => Sum(upstream * l)).Aggregate((sum, next) => sum + next);
        var gradient = graph.Gradient(upstream);
        var formulas = PairColumns.Names
            .Select(name => (Name: name, Formula: gradient.GetValueOrDefault(name, 0)))
            .Append((Name: PairRun.ChosenReward, Formula: graph.Rewards!.Chosen))
            .Append((Name: PairRun.RejectedReward, Formula: graph.Rewards.Rejected))
            .Concat(graph.Losses.Select((l, i) => (Name: PairRun.Losses + i, Formula: l)))
            .Select(f => (f.Name, Formula: Broadcast(f.Formula, Shape.Row)))
            .Append((Name: PairRun.Reduced, Formula: total))
            .ToArray();
        var values = ReferenceEvaluator.Evaluate(batch, [.. formulas.Select(f => f.Formula)], precision);
        var results = formulas.Zip(values).ToDictionary(f => f.First.Name, f => f.Second.Shape == Shape.Row ? Scattered(f.Second, rows, columns.Rows) : f.Second);
        results[PairRun.Losses] = Joined([.. graph.Losses.Select((_, i) => results[PairRun.Losses + i])]);
        return results;
    }

    /// <summary>Back to where the rows were; the others have 0.</summary>
    private static ReferenceValue Scattered(ReferenceValue value, int[] rows, int count)
    {
        var scattered = value with { Values = new double[count], Errors = new double[count] };
        for (var i = 0; i < rows.Length; i++)
        {
            scattered.Values[rows[i]] = value.Values[i];
            scattered.Errors[rows[i]] = value.Errors[i];
        }

        return scattered;
    }

    private static ReferenceValue Joined(ReferenceValue[] halves) => halves[0] with
    {
        Values = [.. halves.SelectMany(h => h.Values)],
        Errors = [.. halves.SelectMany(h => h.Errors)],
    };
}
