using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PreferenceLosses.Training.Tests.Checkpoints;

/// <summary>Trainings that are killed (SIGKILL: nothing is flushed, nothing is said) at random moments, and go on.</summary>
public sealed partial class KillTests : IDisposable
{
    // A kill comes a random number of steps after a process began, and a random time after the step: inside the next ones, or a checkpoint's writing.
    private const int MostSteps = 80;
    private const int LongestWait = 3_000; // microseconds

    private readonly string directory = Directory.CreateTempSubdirectory("preference-losses-kills-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_few_kills_change_nothing() => Kill(4);

    [Fact]
    [Trait("Category", "Long")]
    public void Two_hundred_kills_change_nothing() => Kill(200);

    private void Kill(int kills)
    {
        var whole = Path.Combine(directory, "whole");
        KilledTraining.Run(whole, progress: null);
        var expected = File.ReadAllBytes(Path.Combine(whole, KilledTraining.FinalWeights));
        var metrics = Metrics(whole);
        var random = new RandomStream(1);
        var (done, runs, resumed) = (0, 0, 0);
        while (done < kills || runs == 0)
        {
            var run = Path.Combine(directory, $"run-{runs}");
            var wasKilled = true;
            while (wasKilled)
            {
                // After the last kill the run may end.
                wasKilled = RunOnce(run, done < kills ? random : null);
                done += wasKilled ? 1 : 0;
                resumed += wasKilled && Directory.Exists(Path.Combine(run, "checkpoints")) && Directory.EnumerateFiles(Path.Combine(run, "checkpoints"), "*.plc").Any() ? 1 : 0;
            }

            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(run, KilledTraining.FinalWeights)));
            Assert.Equal(metrics, Metrics(run));
            Assert.Empty(Directory.EnumerateFiles(run, "*.tmp", SearchOption.AllDirectories));
            runs++;
        }

        // Most kills have to come after a first checkpoint, or there was nothing to go on from.
        Assert.True(resumed >= kills / 2, $"{kills} kills, {resumed} with checkpoints, {runs} runs");
    }

    /// <summary>Starts the training, and kills it; without random numbers it may end.</summary>
    /// <returns>Whether it was killed; otherwise it ended by itself.</returns>
    private static bool RunOnce(string run, RandomStream? random)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(KilledTraining).Assembly.Location, run])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var steps = random?.NextInt(MostSteps) ?? int.MaxValue;
        while (steps > 0 && process.StandardOutput.ReadLine() is not null)
        {
            steps--;
        }

        if (steps == 0)
        {
            var wait = TimeSpan.FromMicroseconds(random!.NextInt(LongestWait));
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < wait)
            {
            }

            process.Kill();
        }

        // A process that was killed says so by its exit code; one that ended just before has 0.
        process.WaitForExit();
        Assert.True(steps == 0 || process.ExitCode == 0, process.StandardError.ReadToEnd());
        return process.ExitCode != 0;
    }

    private static string[] Metrics(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => Speed().Replace(line, ""))];

    [GeneratedRegex("\"tokens_per_second\":[^,}]*")]
    private static partial Regex Speed();
}
