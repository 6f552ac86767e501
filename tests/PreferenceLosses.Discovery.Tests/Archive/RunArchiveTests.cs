using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Archive;

/// <summary>The file of a run.</summary>
public sealed class RunArchiveTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string ArchivePath => folder.PathOf("run.jsonl");

    public void Dispose() => folder.Dispose();

    private async Task<RunState> RunAsync()
    {
        var evaluator = new ArithmeticEvaluator { Quality = _ => 0 };
        var model = new ScriptedModel([ScriptedModel.Reply("one", "torch.exp(-x)")]);
        return await new DiscoveryRun(new SmallDomain(), evaluator, model, new() { MaximumGenerations = 1, SeedRounds = [2] }).RunAsync(ArchivePath);
    }

    [Fact]
    public async Task What_was_known_is_what_is_read()
    {
        var state = await RunAsync();
        var read = RunArchive.Read(ArchivePath);
        Assert.Equal(state.Objectives.Select(one => (one.Number, one.Name, one.Proposal, one.Feedback)), read.Objectives.Select(one => (one.Number, one.Name, one.Proposal, one.Feedback)));
        Assert.Equal(state.Objectives.SelectMany(one => one.Scores).Select(one => (one.Seed, one.Score)), read.Objectives.SelectMany(one => one.Scores).Select(one => (one.Seed, one.Score)));
        Assert.Equal(state.Use, read.Use);
        Assert.Equal(state.LastPrompt.AsEnumerable(), read.LastPrompt);
        Assert.Equal((await File.ReadAllLinesAsync(ArchivePath)).Length, RunArchive.ReadEvents(ArchivePath).Count);
    }

    [Fact]
    public async Task A_damaged_line_before_the_last_is_refused_with_its_number_and_nothing_is_changed()
    {
        await RunAsync();
        var lines = await File.ReadAllLinesAsync(ArchivePath);
        for (var i = 1; i < lines.Length - 1; i++)
        {
            string[] damages = [lines[i][..(lines[i].Length / 2)], "", "{}", "null", lines[i].Replace("\"event\":\"", "\"event\":\"x", StringComparison.Ordinal), lines[0], "[" + lines[i] + "]"];
            foreach (var damage in damages)
            {
                var damaged = string.Concat(lines.Select((line, k) => (k == i ? damage : line) + "\n"));
                await File.WriteAllTextAsync(ArchivePath, damaged);
                Assert.Contains($"line {i + 1},", Assert.Throws<InvalidDataException>(() => RunArchive.Read(ArchivePath)).Message, StringComparison.Ordinal);
                Assert.Throws<InvalidDataException>(() => RunArchive.Open(ArchivePath));
                Assert.Equal(damaged, await File.ReadAllTextAsync(ArchivePath));
            }
        }
    }

    [Fact]
    public async Task A_line_that_is_missing_or_there_twice_is_noticed_where_the_state_depends_on_it()
    {
        await RunAsync();
        var lines = await File.ReadAllLinesAsync(ArchivePath);
        foreach (var (i, line) in lines.Index())
        {
            var kind = System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("event").GetString();
            if (kind is "run.started" or "accepted" or "reply" or "prompt")
            {
                await File.WriteAllLinesAsync(ArchivePath, lines.Where((_, k) => k != i));
                Assert.Throws<InvalidDataException>(() => RunArchive.Read(ArchivePath));
            }

            if (kind is "run.started" or "accepted" or "reply" or "evaluated")
            {
                await File.WriteAllLinesAsync(ArchivePath, lines.SelectMany((one, k) => Enumerable.Repeat(one, k == i ? 2 : 1)));
                Assert.Throws<InvalidDataException>(() => RunArchive.Read(ArchivePath));
            }
        }
    }

    [Theory]
    [InlineData("My shopping list")]
    [InlineData("My shopping list\nmilk\n")]
    [InlineData("{\"event\":\"other\"}\n")]
    [InlineData("\n")]
    public void A_file_of_somebody_else_is_refused_and_left_alone(string text)
    {
        File.WriteAllText(ArchivePath, text);
        Assert.Contains("not the archive of a run", Assert.Throws<InvalidDataException>(() => RunArchive.Open(ArchivePath)).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(ArchivePath));
    }

    [Fact]
    public async Task A_torn_line_is_ignored_and_cut_off()
    {
        await RunAsync();
        var whole = await File.ReadAllBytesAsync(ArchivePath);
        await File.WriteAllBytesAsync(ArchivePath, [.. whole, .. "{\"event\":\"acc"u8]);
        Assert.Equal(1, RunArchive.Read(ArchivePath).Generations);
        Assert.NotEqual(whole, await File.ReadAllBytesAsync(ArchivePath));
        RunArchive.Open(ArchivePath).Dispose();
        Assert.Equal(whole, await File.ReadAllBytesAsync(ArchivePath));
    }

    [Fact]
    public async Task Only_one_may_write_and_everybody_may_read()
    {
        await RunAsync();
        using (RunArchive.Open(ArchivePath))
        {
            Assert.Contains("another one", Assert.Throws<IOException>(() => RunArchive.Open(ArchivePath)).Message, StringComparison.Ordinal);
            Assert.Equal(1, RunArchive.Read(ArchivePath).Generations);
        }

        RunArchive.Open(ArchivePath).Dispose();
        Assert.Equal(["run.jsonl"], Directory.GetFiles(folder.Path).Select(System.IO.Path.GetFileName));
    }

    [Fact]
    public void An_event_that_does_not_follow_is_not_written()
    {
        using var archive = RunArchive.Open(ArchivePath);
        Assert.Throws<InvalidDataException>(() => archive.Append(new ObjectiveSettled(1, "")));
        Assert.Empty(File.ReadAllBytes(ArchivePath));
    }
}
