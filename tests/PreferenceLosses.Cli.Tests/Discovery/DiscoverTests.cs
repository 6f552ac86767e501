using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Discovery;
using PreferenceLosses.Text;

namespace PreferenceLosses.Cli.Tests.Discovery;

public sealed class DiscoverTests : IDisposable
{
    private readonly DiscoverFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static CommandLine Succeeds(params string[] arguments)
    {
        var run = CommandLine.Run(arguments);
        Assert.True(run.Status == 0, run.Error);
        return run;
    }

    [Fact]
    public void The_script_runs_without_a_key_and_all_commands_work_on_what_it_leaves()
    {
        var run = Succeeds(folder.Run("a"));
        Assert.Contains("18 proposals asked for, 14 scored; 18 replies", run.Output, StringComparison.Ordinal);
        Assert.Contains("attempt 14: refused: Your loss does not depend on policy_rejected_logps", run.Error, StringComparison.Ordinal);
        Assert.Contains("the search ends: 18 proposals were asked for", run.Error, StringComparison.Ordinal);
        Assert.Equal(["archive.jsonl", "settings.json"], Directory.GetFiles(folder.PathOf("a")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Assert.Equal(run.Output, Succeeds("discover", "show", folder.PathOf("a")).Output);
        var shown = JsonElement.Parse(Succeeds("discover", "show", folder.PathOf("a"), "--json").Output);
        var objectives = shown.GetProperty("objectives").EnumerateArray().ToArray();
        Assert.Equal(18, objectives.Length);
        Assert.Equal("logistic", objectives[0].GetProperty("name").GetString());

        // (37·5 + 0·5) mod 89 + 10 is 17, with seed 1 22, with seed 2 27: 0.17, 0.22 and 0.27.
        var fifth = objectives[4].GetProperty("fitness").GetProperty("value").GetDouble();
        Assert.Equal(objectives[4].GetProperty("seeds").GetInt32() == 3 ? 0.22 : 0.195, fifth, 1e-12);

        Assert.Equal("The run goes the same way: " + (File.ReadAllLines(folder.PathOf("a/archive.jsonl")).Length - 1) + " events are the same.\n", Succeeds("discover", "replay", folder.PathOf("a")).Output);

        Assert.Equal(folder.PathOf("a/report.html") + "\n", Succeeds("discover", "report", folder.PathOf("a")).Output);
        Assert.Contains("<h3 id=\"objective-18\">18 ", File.ReadAllText(folder.PathOf("a/report.html")), StringComparison.Ordinal);

        var exported = LossCode.Parse(Succeeds("discover", "export", folder.PathOf("a"), "5", "--to", "pytorch").Output).GetLoss();
        Assert.True(LossFingerprint.Of(exported).IsSameFunctionAs(LossFingerprint.Of(LossCode.Parse(ScriptedRun.Proposals[0].Code).GetLoss())));
        foreach (var format in (string[])["trl", "latex", "csharp", "json"])
        {
            Assert.NotEqual("", Succeeds("discover", "export", folder.PathOf("a"), "18", "--to", format).Output);
        }
    }

    [Fact]
    public void A_run_whose_evaluator_fails_goes_on_where_it_was_as_if_it_had_not()
    {
        File.WriteAllText(folder.PathOf("broken"), "");
        var failed = CommandLine.Run(folder.Run("a"));
        Assert.Equal(1, failed.Status);
        Assert.Contains($"exit status 3. Its last errors: no node What was done is kept: 'discover resume {folder.PathOf("a")}' goes on from there.\n", failed.Error, StringComparison.Ordinal);
        Assert.Contains("not ended", Succeeds("discover", "show", folder.PathOf("a")).Output, StringComparison.Ordinal);
        Assert.Contains("goes the same way", Succeeds("discover", "replay", folder.PathOf("a")).Output, StringComparison.Ordinal);
        Succeeds("discover", "report", folder.PathOf("a"));

        File.Delete(folder.PathOf("broken"));
        var resumed = Succeeds("discover", "resume", folder.PathOf("a"));
        Assert.DoesNotContain("objective 8, ", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(Succeeds(folder.Run("b")).Output, resumed.Output);
    }

    [Fact]
    public void Objectives_of_classification_are_searched_by_the_same_commands()
    {
        string[] options = ["--model", "random", "--domain", "classification", "--generations", "2", "--seeds", "1,2", "--no-confirmation"];
        var run = Succeeds(["discover", "run", "--output", folder.PathOf("a"), .. options]);
        Assert.Contains("against cross-entropy", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 scored", run.Output, StringComparison.Ordinal);
        Assert.Contains("goes the same way", Succeeds("discover", "replay", folder.PathOf("a")).Output, StringComparison.Ordinal);
        Succeeds("discover", "report", folder.PathOf("a"));
    }

    [Fact]
    public void Ways_to_search_are_compared()
    {
        var ablation = Succeeds(
            "discover", "ablate", "--output", folder.PathOf("a"), "--arms", "random,best-of-n", "--repetitions", "2", "--generations", "2", "--evaluator", folder.Evaluator, "--seeds", "1,2");
        Assert.Equal("ahead of the baseline after 2 generations, best so far, 95 % intervals over repetitions", ablation.Lines[0]);
        Assert.StartsWith("random     +0.", ablation.Lines[3], StringComparison.Ordinal);
        Assert.StartsWith("best-of-n  +0.", ablation.Lines[4], StringComparison.Ordinal);
        Assert.Contains("best-of-n, repetition 2: objective 5, logistic-margin, is valid", ablation.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_can_be_changed_when_a_run_is_gone_on_with_and_nothing_else()
    {
        Assert.Contains("3 scored", Succeeds(folder.Run("a", "--generations", "3")).Output, StringComparison.Ordinal);
        Assert.Contains("5 scored", Succeeds("discover", "resume", folder.PathOf("a"), "--generations", "5").Output, StringComparison.Ordinal);
        Assert.Contains("5 scored", Succeeds("discover", "resume", folder.PathOf("a")).Output, StringComparison.Ordinal);
        Assert.Contains("goes the same way", Succeeds("discover", "replay", folder.PathOf("a")).Output, StringComparison.Ordinal);
        CommandLine.Run("discover", "resume", folder.PathOf("a"), "--seed", "3").ErrorLine(2);
        Assert.Contains("'discover resume", CommandLine.Run(folder.Run("a")).ErrorLine(2), StringComparison.Ordinal);

        var settings = File.ReadAllText(folder.PathOf("a/settings.json")).Replace("\"seed\": 0", "\"seed\": 1", StringComparison.Ordinal);
        File.WriteAllText(folder.PathOf("a/settings.json"), settings);

        // The seeds of the confirmation follow from it.
        var other = CommandLine.Run("discover", "resume", folder.PathOf("a")).ErrorLine(1);
        Assert.Contains("the archive of another run: confirmation: fresh seeds was ", other, StringComparison.Ordinal);
        Assert.Contains(", seed was 0 and is 1.", other, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_that_goes_another_way_says_where()
    {
        Succeeds(folder.Run("a", "--generations", "3"));
        var archive = folder.PathOf("a/archive.jsonl");
        File.WriteAllText(archive, File.ReadAllText(archive).Replace("Asking for a lead of a tenth", "Asking for a lead of a fifth", StringComparison.Ordinal));
        Succeeds("discover", "replay", folder.PathOf("a"));

        // What a reply says is in later prompts too; what only one event says is noticed.
        var lines = File.ReadAllLines(archive);
        var last = Array.FindLastIndex(lines, line => line.StartsWith("{\"event\":\"settled\"", StringComparison.Ordinal));
        lines[last] = lines[last].Replace("paired seeds", "unpaired seeds", StringComparison.Ordinal);
        File.WriteAllLines(archive, lines);
        var replay = CommandLine.Run("discover", "replay", folder.PathOf("a"));
        Assert.Equal(1, replay.Status);
        Assert.Contains($"Event {last + 1} of ", replay.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("discover run", "--output is missing")]
    [InlineData("discover run --output x --model gpt", "--base-url URL is missing; the name of a model needs it.")]
    [InlineData("discover run --output x --base-url http://localhost/v1", "--base-url is accepted with the name of a model.")]
    [InlineData("discover run --output x --model gpt --base-url localhost", "--base-url is 'localhost'")]
    [InlineData("discover run --output x --model recorded", "--recording FILE is missing")]
    [InlineData("discover run --output x --key-variable K", "--key-variable is accepted with the name of a model.")]
    [InlineData("discover run --output x --domain images", "--domain is 'images'")]
    [InlineData("discover run --output x --domain classification", "--model is missing; the proposals that are built in are losses of pairs.")]
    [InlineData("discover ablate --output x --model manual", "--model is 'manual'")]
    [InlineData("discover ablate --output x", "--arms is missing; chronological, ")]
    [InlineData("discover ablate --output x --arms chronological,worst", "--arms has 'worst'; chronological, ")]
    [InlineData("discover run --output x --context all", "--context is 'all'; chronological, best, none are accepted.")]
    [InlineData("discover run --output x --context best --curves", "--curves is accepted with --context chronological.")]
    [InlineData("discover run --output x --context best --picture", "--picture is accepted with --context chronological.")]
    [InlineData("discover run --output x --model manual --picture", "--picture is accepted with another --model than manual.")]
    [InlineData("discover run --output x --top-k 3", "--top-k is accepted with --context best.")]
    [InlineData("discover run --output x --context none --no-thoughts", "--no-thoughts is accepted with another --context than none.")]
    [InlineData("discover run --output x --evaluator-tries 2", "--evaluator-tries is accepted with --evaluator.")]
    [InlineData("discover run --output x --seeds 5,3", "--seeds is '5,3'; numbers that ascend")]
    [InlineData("discover run --output x --seeds 0", "--seeds is '0'")]
    [InlineData("discover run --output x --max-cost 3", "--max-cost needs --prices")]
    [InlineData("discover run --output x --prices 3", "--prices is '3'; two numbers")]
    [InlineData("discover run --output x --hours -1", "--hours is '-1'")]
    [InlineData("discover run --output x --hours 1e12", "--hours is '1e12'; a number from 0.000001 to 1000 is accepted.")]
    [InlineData("discover run --output x --evaluator true --evaluator-hours 2000", "--evaluator-hours is '2000'; a number from")]
    [InlineData("discover run --output x --prices 1,1 --max-cost 1e40", "--max-cost is '1e40'; a number from")]
    [InlineData("discover run --output x --model gpt --base-url https://h/v1?key=secret", "--base-url has a name, a password or a query;")]
    [InlineData("discover run --output x --model gpt --base-url https://me:secret@h/v1", "--base-url has a name, a password or a query;")]
    [InlineData("discover run --output x --model gpt --base-url https://h/v1 --key-variable sk-secret", "--key-variable is not the name")]
    [InlineData("discover export x 1", "--to is missing")]
    [InlineData("discover export x one --to json", "NUMBER is 'one'")]
    [InlineData("discover", "discover accepts run, resume, replay, show, report, export, ablate")]
    public void What_is_not_accepted_says_what_is(string arguments, string message)
    {
        var said = CommandLine.Run(arguments.Split(' ')).ErrorLine(2);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists("x"));
    }

    [Theory]
    [InlineData("discover show", "cannot be read")]
    [InlineData("discover report", "cannot be read")]
    [InlineData("discover replay", "cannot be read")]
    [InlineData("discover resume", "cannot be read")]
    public void A_folder_without_a_run_is_a_failure(string command, string message)
    {
        Assert.Contains(message, CommandLine.Run([.. command.Split(' '), folder.PathOf("none")]).ErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_search_needs_is_not_the_output()
    {
        var missing = CommandLine.Run(folder.Run("a", "--model", "recorded", "--recording", folder.PathOf("none.jsonl"))).ErrorLine(1);
        Assert.Contains("none.jsonl", missing, StringComparison.Ordinal);
        Assert.DoesNotContain("output", missing, StringComparison.Ordinal);

        Succeeds(folder.Run("b", "--generations", "0", "--no-confirmation"));
        using var other = new FileStream(folder.PathOf("b/archive.jsonl.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var busy = CommandLine.Run("discover", "resume", folder.PathOf("b")).ErrorLine(1);
        Assert.Contains("is another one writing to it?", busy, StringComparison.Ordinal);
        Assert.DoesNotContain("output", busy, StringComparison.Ordinal);
    }

    /// <summary>Nothing was done yet, so the same folder can be taken.</summary>
    [Fact]
    public void A_run_that_could_not_begin_can_be_begun_again()
    {
        var failed = CommandLine.Run(folder.Run("a", "--model", "m", "--base-url", "http://localhost:1/v1", "--key-variable", "PREFERENCE_LOSSES_NOT_SET"));
        Assert.Contains("'PREFERENCE_LOSSES_NOT_SET' has no key", failed.ErrorLine(1), StringComparison.Ordinal);
        Succeeds(folder.Run("a", "--generations", "0", "--no-confirmation"));
    }

    [Fact]
    public void A_damaged_archive_is_refused_with_the_line()
    {
        Succeeds(folder.Run("a", "--generations", "0"));
        var archive = folder.PathOf("a/archive.jsonl");
        var lines = File.ReadAllLines(archive);
        lines[2] = lines[2][..^9];
        File.WriteAllLines(archive, lines);
        Assert.Contains("line 3, is not an event of a run", CommandLine.Run("discover", "show", folder.PathOf("a")).ErrorLine(1), StringComparison.Ordinal);
    }
}
