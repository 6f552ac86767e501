using System.Diagnostics;
using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests.Training;

/// <summary>The real process, killed or asked to stop: the same command goes on and ends with the policy of the run that was not interrupted.</summary>
public sealed class ResumeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PreferenceFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task Killed_in_the_middle_it_goes_on_from_the_last_checkpoint()
    {
        var whole = CommandLine.Run(Arguments("whole"));
        Assert.Equal(0, whole.Status);

        using (var process = Start(Arguments("killed")))
        {
            await Until(process, HasCheckpoints("killed"));
            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.False(File.Exists(files.PathOf("killed/policy.ngram")), "It was not killed in the middle.");
        AssertGoesOn("killed", "whole");
    }

    [Fact]
    public async Task Asked_to_stop_it_writes_a_checkpoint_and_says_how_to_go_on()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal(0, CommandLine.Run(Arguments("whole")).Status);
        using (var process = Start(Arguments("stopped")))
        {
            await Until(process, HasCheckpoints("stopped"));

            // SIGINT does the same, but not where a shell runs the tests in the background: there it is ignored, and so by every child.
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            var error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
            await process.WaitForExitAsync().WaitAsync(Patience);

            Assert.Equal(130, process.ExitCode);
            Assert.EndsWith($"preference-losses: Interrupted. What was done is in '{files.PathOf("stopped")}': the same command goes on from there.\n", error, StringComparison.Ordinal);
        }

        // Checkpoints of every 50th step are not where it was asked to stop, but by chance.
        Assert.False(File.Exists(files.PathOf("stopped/policy.ngram")), "It was not stopped in the middle.");
        AssertGoesOn("stopped", "whole");
    }

    [Fact]
    public void A_run_that_is_done_is_reported_again()
    {
        var first = CommandLine.Run(Arguments("whole", epochs: 2));
        var again = CommandLine.Run(Arguments("whole", epochs: 2));

        Assert.Equal((0, 0), (first.Status, again.Status));
        Assert.Equal(first.Output.Split('\n')[1..], again.Output.Split('\n')[1..]);
        Assert.DoesNotContain("training: step", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fitting: step", again.Error, StringComparison.Ordinal);
    }

    private void AssertGoesOn(string interrupted, string whole)
    {
        var resumed = CommandLine.Run([.. Arguments(interrupted), "--format", "json"]);
        Assert.Equal(0, resumed.Status);
        var summary = JsonElement.Parse(resumed.Output);
        Assert.InRange(summary.GetProperty("resumed_from").GetInt32(), 1, summary.GetProperty("steps").GetInt32() - 1);
        Assert.Equal(File.ReadAllBytes(files.PathOf($"{whole}/policy.ngram")), File.ReadAllBytes(files.PathOf($"{interrupted}/policy.ngram")));
        Assert.Equal(Steps(whole), Steps(interrupted));
    }

    private string[] Arguments(string folder, int epochs = 400) =>
    [
        "train", "--data", files.Pairs(), "--loss", "dpo", "--output", files.PathOf(folder), "--batch", "16",
        "--epochs", epochs.ToString(System.Globalization.CultureInfo.InvariantCulture), "--checkpoint-every", "50", "--eval-every", "0",
    ];

    private int[] Steps(string folder) =>
        [.. File.ReadLines(files.PathOf($"{folder}/metrics.jsonl")).Select(line => JsonElement.Parse(line).GetProperty("step").GetInt32())];

    private Func<bool> HasCheckpoints(string folder) => () =>
        Directory.Exists(files.PathOf($"{folder}/checkpoints")) && Directory.EnumerateFiles(files.PathOf($"{folder}/checkpoints"), "*.plc").Any();

    private static async Task Until(Process process, Func<bool> condition)
    {
        for (var waited = Stopwatch.StartNew(); !condition(); await Task.Delay(5))
        {
            Assert.True(!process.HasExited, "The process ended before it was interrupted.");
            Assert.True(waited.Elapsed < Patience, "There was no checkpoint.");
        }
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PreferenceLosses.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
