namespace PreferenceLosses.Training.Tests.TrainerRuns;

public class EpochPlanTests
{
    [Fact]
    public void Every_row_is_in_one_micro_batch_and_none_is_too_small()
    {
        for (var rows = 1; rows <= 40; rows++)
        {
            for (var batchSize = 1; batchSize <= 9; batchSize++)
            {
                for (var accumulation = 1; accumulation <= 4; accumulation++)
                {
                    for (var minimum = 1; minimum <= Math.Min(2, Math.Min(rows, batchSize)); minimum++)
                    {
                        var plan = new EpochPlan(rows, batchSize, accumulation, minimum);
                        var steps = Enumerable.Range(0, plan.Steps).Select(step => plan.MicroBatches(step).ToArray()).ToArray();
                        var batches = steps.SelectMany(step => step).ToArray();

                        Assert.Equal(Enumerable.Range(0, rows), batches.SelectMany(batch => Enumerable.Range(batch.From, batch.To - batch.From)));
                        Assert.All(batches, batch => Assert.InRange(batch.To - batch.From, minimum, batchSize + minimum - 1));
                        Assert.All(steps[..^1], step => Assert.Equal(accumulation, step.Length));
                        Assert.InRange(steps[^1].Length, 1, accumulation);
                        Assert.Equal(plan.MergedRows, Math.Max(0, batches[^1].To - batches[^1].From - batchSize));
                    }
                }
            }
        }
    }
}
