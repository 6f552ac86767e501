using System.Globalization;

namespace PreferenceLosses.Training;

/// <summary>Evaluates a loss, and stops the run with the step, the rows and the values of the formula where something is not finite or exploded.</summary>
internal sealed class GuardedLoss(IPreferenceLoss loss, RunningState state, double explosionFactor)
{
    /// <summary>The loss of a batch whose log-probabilities and scalars are there.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="step">The step, from 1; null in an evaluation, where an infinite loss is a result.</param>
    /// <exception cref="TrainingDivergedException">A log-probability, a loss or a derivative is not finite, or the loss exploded.</exception>
    public LossResult<double> Evaluate(BatchColumns batch, long? step)
    {
        var columns = batch.Fill();
        CheckLogProbabilities(batch, columns, step ?? 0);
        var result = loss.Evaluate(batch.Batch(columns));
        if (step is { } training)
        {
            CheckResult(batch, columns, result, training);
        }

        return result;
    }

    public void CheckGradientNorm(double norm, IEnumerable<BatchColumns> batches, long step)
    {
        if (!double.IsFinite(norm))
        {
            throw new TrainingDivergedException(
                step, loss.Name, $"the norm of the gradient is {Text(norm)}", [.. batches.SelectMany(batch => batch.Rows.ToArray()).Select(row => row.Example)], "");
        }
    }

    /// <summary>Before scalars are made of them, which would keep what is not finite.</summary>
    public void CheckLogProbabilities(BatchColumns batch, long step)
    {
        if (batch.Policy.Concat(batch.Reference).Any(value => !double.IsFinite(value)))
        {
            CheckLogProbabilities(batch, batch.Fill(), step);
        }
    }

    private void CheckLogProbabilities(BatchColumns batch, Dictionary<string, double[]> columns, long step)
    {
        var place = Array.FindIndex(batch.Policy, value => !double.IsFinite(value));
        var reference = Array.FindIndex(batch.Reference, value => !double.IsFinite(value));
        if (place >= 0)
        {
            throw Diverged(batch, columns, place / batch.Completions, step, $"a log-probability of the policy is {Text(batch.Policy[place])}");
        }

        if (reference >= 0)
        {
            throw Diverged(batch, columns, reference / batch.Completions, step, $"a log-probability of the reference is {Text(batch.Reference[reference])}");
        }
    }

    private void CheckResult(BatchColumns batch, Dictionary<string, double[]> columns, LossResult<double> result, long step)
    {
        var losses = result.Losses.ToArray();
        var gradients = batch.RowGradients(result);
        var row = Array.FindIndex(losses, value => !double.IsFinite(value)) is >= 0 and var bad ? bad % batch.Rows.Length
            : Array.FindIndex(gradients, values => values.Any(value => !double.IsFinite(value)));
        if (row >= 0 || !double.IsFinite(result.Value))
        {
            throw Diverged(batch, columns, Math.Max(0, row), step, $"the loss is {Text(result.Value)}, with derivatives {string.Join(" and ", gradients[Math.Max(0, row)].Select(Text))} at the row below");
        }

        // What the first loss is, is usual.
        if (state.UsualLoss > 0 && Math.Abs(result.Value) > explosionFactor * Math.Max(1, state.UsualLoss))
        {
            var largest = losses.Index().MaxBy(entry => Math.Abs(entry.Item)).Index % batch.Rows.Length;
            throw Diverged(batch, columns, largest, step, $"the loss exploded: {Text(result.Value)}, where it usually is {Text(state.UsualLoss)}");
        }
    }

    private TrainingDivergedException Diverged(BatchColumns batch, Dictionary<string, double[]> columns, int row, long step, string what)
    {
        foreach (var scalar in loss.Graph.Inputs.Where(input => input.Shape == Expressions.Shape.Scalar))
        {
            // Not known yet where log-probabilities are at fault.
            batch.Scalars.TryAdd(scalar.Name!, 0);
        }

        return new(
            step,
            loss.Name,
            $"{what} (example {batch.Rows[row].Example})",
            [.. batch.Rows.ToArray().Select(r => r.Example)],
            loss.Trace(batch.Batch(columns), row).ToString());
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
