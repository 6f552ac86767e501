using System.Diagnostics;
using System.Globalization;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Training;

/// <summary>How far a run is: on a terminal one line with a bar that is written over, elsewhere a line now and then.</summary>
internal sealed class ProgressDisplay
{
    /// <summary>What fits on the narrowest usual terminal.</summary>
    private const int LineWidth = 79;

    private const int BarWidth = 24;
    private const int LinesPerPhase = 10;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly TextWriter output;
    private readonly bool isTerminal;
    private bool isLineOpen;

    public ProgressDisplay(TextWriter output, bool isTerminal)
    {
        this.output = output;
        this.isTerminal = isTerminal;
    }

    /// <summary>A sentence on a line of its own.</summary>
    public void Say(string text)
    {
        Close();
        output.Write(text + "\n");
        output.Flush();
    }

    /// <summary>Shows the steps of a part of the run.</summary>
    /// <param name="name">What it does, in a word.</param>
    public IProgress<TrainingProgress> Of(string name) => new Phase(this, name);

    /// <summary>Ends a line that was to be written over.</summary>
    public void Close()
    {
        if (isLineOpen)
        {
            output.Write('\n');
            output.Flush();
            isLineOpen = false;
        }
    }

    private void Show(string text, bool isLast)
    {
        if (!isTerminal)
        {
            Say(text);
            return;
        }

        output.Write("\r" + text[..Math.Min(text.Length, LineWidth)].PadRight(LineWidth));
        isLineOpen = true;
        if (isLast)
        {
            Close();
        }

        output.Flush();
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    private sealed class Phase(ProgressDisplay display, string name) : IProgress<TrainingProgress>
    {
        private long last = Stopwatch.GetTimestamp();
        private long partsShown;
        private double? heldOutAccuracy;

        public void Report(TrainingProgress value)
        {
            heldOutAccuracy = value.Metrics.TryGetValue(MetricNames.EvaluationPrefix + MetricNames.Accuracy, out var accuracy) ? accuracy : heldOutAccuracy;
            var isLast = value.Step == value.TotalSteps;
            var parts = value.Step * LinesPerPhase / value.TotalSteps;
            var silence = Stopwatch.GetElapsedTime(last);
            if (!isLast && (display.isTerminal ? silence < Redraw : parts == partsShown && silence < LongestSilence))
            {
                return;
            }

            last = Stopwatch.GetTimestamp();
            partsShown = parts;
            display.Show(Text(value), isLast);
        }

        private string Text(TrainingProgress value)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"step {value.Step} of {value.TotalSteps}, loss {value.Metrics[MetricNames.Loss]:G4}");
            if (heldOutAccuracy is { } accuracy)
            {
                text += string.Create(CultureInfo.InvariantCulture, $", held-out accuracy {accuracy:F3}");
            }

            text += value.Step == value.TotalSteps ? $", took {Duration(value.Elapsed)}" : $", {Duration(value.Remaining)} left";
            return $"{name}{(display.isTerminal ? $" [{Bar(value)}] " : ": ")}{text}";
        }

        private static string Bar(TrainingProgress value)
        {
            var full = (int)(value.Step * BarWidth / value.TotalSteps);
            return new string('#', full) + new string('.', BarWidth - full);
        }
    }
}
