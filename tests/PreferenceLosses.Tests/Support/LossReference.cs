using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>A loss by the reference evaluator.</summary>
internal static class LossReference
{
    /// <summary>What <see cref="LossRun.Evaluate"/> should give, by the reference evaluator over the rows whose weight is not 0.</summary>
    public static Dictionary<string, ReferenceValue> Evaluate(
        IPreferenceLoss loss, FormulaBatch input, Precision precision, double[]? weights = null, EvaluationOptions options = default)
    {
        var rows = Enumerable.Range(0, input.Rows).Where(row => weights is null || weights[row] != 0).ToArray();
        var batch = new FormulaBatch(rows.Length, input.Responses)
        {
            Columns = input.Columns.ToDictionary(c => c.Key, c => Rows(c.Value)),
            Scalars = input.Scalars,
            Mask = input.Mask is null ? null : Rows(input.Mask),
            Parameters = loss.Parameters.ToDictionary(p => p.Parameter.Name!, p => p.Value),
        };
        batch.Columns["weight"] = [.. rows.Select(row => weights?[row] ?? 1)];

        TItem[] Rows<TItem>(TItem[] column) => input.Rows == 0 ? [] : FormulaBatch.Pick(column, input.Rows, rows);
        var graph = loss.Graph;
        Expr weight = weights is null ? 1 : Input("weight", Shape.Row, differentiable: false);
        var upstream = options.Reduction == Reduction.Sum ? weight : weight * (1 / (BatchSize * graph.Losses.Length));
        var total = graph.Losses.Select(l => Sum(upstream * l)).Aggregate((sum, next) => sum + next);
        var gradient = graph.Gradient(upstream);
        (string Name, Expr Formula)[] rewards = graph.Rewards is null
            ? []
            : [(LossRun.ChosenReward, graph.Rewards.Chosen), (LossRun.RejectedReward, graph.Rewards.Rejected)];
        var formulas = LossRun.Differentiated(loss, input)
            .Select(name => (Name: name, Formula: Broadcast(
                gradient.GetValueOrDefault(name, 0), input.Columns[name].Length == input.Rows ? Shape.Row : Shape.Responses)))
            .Concat(rewards.Select(r => (r.Name, Formula: Broadcast(r.Formula, Shape.Row))))
            .Concat(graph.Losses.Select((l, i) => (Name: LossRun.Losses + i, Formula: l)))
            .Append((Name: LossRun.Reduced, Formula: total))
            .ToArray();
        var values = ReferenceEvaluator.Evaluate(batch, [.. formulas.Select(f => f.Formula)], precision);
        var results = formulas.Zip(values).ToDictionary(f => f.First.Name, f => f.Second.Shape == Shape.Scalar ? f.Second : Scattered(f.Second, rows, input.Rows));
        results[LossRun.Losses] = Joined([.. graph.Losses.Select((_, i) => results[LossRun.Losses + i])]);
        return results;
    }

    /// <summary>Back to where the rows were; the others have 0.</summary>
    private static ReferenceValue Scattered(ReferenceValue value, int[] rows, int count)
    {
        var perRow = value.Values.Length / Math.Max(rows.Length, 1);
        var scattered = value with { Values = new double[count * perRow], Errors = new double[count * perRow] };
        for (var i = 0; i < rows.Length * perRow; i++)
        {
            var at = (rows[i / perRow] * perRow) + (i % perRow);
            scattered.Values[at] = value.Values[i];
            scattered.Errors[at] = value.Errors[i];
        }

        return scattered;
    }

    private static ReferenceValue Joined(ReferenceValue[] halves) => halves[0] with
    {
        Values = [.. halves.SelectMany(h => h.Values)],
        Errors = [.. halves.SelectMany(h => h.Errors)],
    };
}
