using PreferenceLosses.Training;
using static System.FormattableString;

namespace ControlledSentiment;

/// <summary>A line that is written again and again on a terminal, and a line for each tenth elsewhere.</summary>
internal sealed class SweepDisplay : IProgress<SweepProgress>
{
    private readonly Lock writing = new();
    private int shown = -1;

    public void Report(SweepProgress value)
    {
        lock (writing)
        {
            // Two trainings that end together may report in any order.
            if (value.Done <= shown || (Console.IsErrorRedirected && shown >= 0 && 10 * value.Done / value.Total == 10 * shown / value.Total))
            {
                return;
            }

            shown = value.Done;
            var remaining = value.Remaining is { } time ? Invariant($", {time:mm\\:ss} left") : "";
            var last = value.Last is { } run
                ? Invariant($"  {run.Loss} β = {run.Beta}, seed {run.Seed}: ") + (run.Point is { } point ? Invariant($"reward {point.Reward.Value:F3}, KL {point.Kl.Value:F2}") : "stopped")
                : "";
            var line = Invariant($"{value.Done}/{value.Total} trainings, {value.Elapsed:mm\\:ss}{remaining}{last}");
            if (Console.IsErrorRedirected)
            {
                Console.Error.WriteLine(line);
            }
            else
            {
                Console.Error.Write($"\r{line,-100}{(value.Done == value.Total ? "\n" : "")}");
            }
        }
    }
}
