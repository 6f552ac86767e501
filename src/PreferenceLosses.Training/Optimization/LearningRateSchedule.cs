namespace PreferenceLosses.Training;

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls in a straight line, and would be 0 at the step after the last.</summary>
    Linear,

    /// <summary>It falls along half a cosine, and would be 0 at the step after the last.</summary>
    Cosine,
}

/// <summary>The learning rate at each step: a linear warm-up, and then one of three ways on. A function of the step, without state.</summary>
/// <param name="Kind">What comes after the warm-up.</param>
/// <param name="PeakRate">The rate at the end of the warm-up.</param>
/// <param name="WarmupSteps">The number of steps before the one that has the peak rate; step i of them has (i + 1)/(steps + 1) of it, so that none is lost at 0.</param>
/// <param name="TotalSteps">The number of all steps.</param>
internal sealed record LearningRateSchedule(ScheduleKind Kind, double PeakRate, long WarmupSteps, long TotalSteps)
{
    /// <summary>The rate of a step, from 0.</summary>
    public double At(long step)
    {
        if (step < WarmupSteps)
        {
            return PeakRate * (step + 1) / (WarmupSteps + 1);
        }

        var passed = (double)(step - WarmupSteps) / (TotalSteps - WarmupSteps);
        return Kind switch
        {
            ScheduleKind.Constant => PeakRate,
            ScheduleKind.Linear => PeakRate * (1 - passed),
            ScheduleKind.Cosine => PeakRate * 0.5 * (1 + Math.Cos(Math.PI * passed)),
            _ => throw new ArgumentOutOfRangeException(nameof(step), Kind, "There is no such schedule."),
        };
    }
}
