namespace PreferenceLosses.Training.Tests.Optimization;

public class LearningRateScheduleTests
{
    [Fact]
    public void Warm_up_and_decay_can_be_redone_by_hand()
    {
        // Three steps of warm-up have 1/4, 2/4 and 3/4 of the peak; then eight steps down, each an eighth.
        Assert.Equal([0.5, 1, 1.5, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25], Rates(ScheduleKind.Linear));
        Assert.Equal([0.5, 1, 1.5, 2, 2, 2, 2, 2, 2, 2, 2], Rates(ScheduleKind.Constant));
        var cosine = Rates(ScheduleKind.Cosine);
        Assert.Equal(2, cosine[3]);
        Assert.Equal(1 + Math.Sqrt(0.5), cosine[5], 1e-15);
        Assert.Equal(1, cosine[7], 1e-15);
        Assert.Equal(1 - Math.Cos(Math.PI / 8), cosine[10], 1e-15);
    }

    private static double[] Rates(ScheduleKind kind)
    {
        var schedule = new LearningRateSchedule(kind, 2, WarmupSteps: 3, TotalSteps: 11);
        return [.. Enumerable.Range(0, 11).Select(step => schedule.At(step))];
    }
}
