using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Training;

namespace PreferenceLosses.Cli.Tests.Training;

/// <summary>What <c>train</c> writes and says.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly PreferenceFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void It_learns_and_reports_what_the_written_policies_do()
    {
        var (pairs, output) = (files.Pairs(120), files.PathOf("run"));

        var run = CommandLine.Run("train", "--data", pairs, "--loss", "dpo", "--output", output, "--format", "json");

        Assert.Equal(0, run.Status);
        var summary = JsonElement.Parse(run.Output);
        Assert.Equal(run.Output.Replace(seconds(summary), "?", StringComparison.Ordinal), File.ReadAllText(Path.Combine(output, "summary.json")).Replace(seconds(summary), "?", StringComparison.Ordinal));
        Assert.True(summary.GetProperty("held_out").GetProperty("accuracy").GetProperty("lower").GetDouble() > 0.5);

        // The same again from what was written, by the definitions.
        var vocabulary = Vocabulary.Load(File.OpenText(Path.Combine(output, "vocabulary.txt")));
        var tokenizer = new WordTokenizer(vocabulary);
        var split = new PromptSplit(0.2, seed: 0);
        var heldOut = new PreferenceReader(pairs).Read().Where(example => !split.IsTrainedOn(example)).ToArray();
        Assert.InRange(heldOut.Length, 10, 40);
        using var policy = Load(output, "policy.ngram");
        using var reference = Load(output, "reference.ngram");
        var (correct, likely, average, shorter) = (0.0, 0.0, 0.0, 0.0);
        foreach (var pair in heldOut)
        {
            var prompt = tokenizer.Encode(pair.Prompt);
            TokenSequence[] two = [.. pair.Completions.Select(text => new TokenSequence(prompt, (int[])[.. tokenizer.Encode(text), Vocabulary.End]))];
            var (own, before) = (new double[2], new double[2]);
            policy.LogProbabilities(two, own);
            reference.LogProbabilities(two, before);
            correct += Right(own[0] - before[0] - own[1] + before[1]);
            likely += Right(before[0] - before[1]);
            average += Right((before[0] / two[0].Completion.Length) - (before[1] / two[1].Completion.Length));
            shorter += Right(pair.Completions[1].Split(' ').Length - pair.Completions[0].Split(' ').Length);
        }

        var report = summary.GetProperty("held_out");
        Assert.Equal(correct / heldOut.Length, Value(report, "accuracy"), 1e-12);
        Assert.Equal(likely / heldOut.Length, Value(report, "likelihood"), 1e-12);
        Assert.Equal(average / heldOut.Length, Value(report, "likelihood_averaged"), 1e-12);
        Assert.Equal(shorter / heldOut.Length, Value(report, "prefer_shorter"), 1e-12);
        Assert.Equal((correct - shorter) / heldOut.Length, Value(report, "above_prefer_shorter"), 1e-12);
        Assert.Equal(heldOut.Length, report.GetProperty("accuracy").GetProperty("count").GetInt32());
        Assert.Equal((120, 120 - heldOut.Length, heldOut.Length), (Count(summary, "read"), Count(summary, "training"), Count(summary, "held_out")));

        // Three epochs of 120 − n pairs in batches of 32.
        var steps = 3 * ((120 - heldOut.Length + 31) / 32);
        var lines = File.ReadAllLines(Path.Combine(output, "metrics.jsonl"));
        Assert.Equal(steps, lines.Length);
        Assert.Equal(steps, summary.GetProperty("steps").GetInt32());
        Assert.Equal(Value(report, "accuracy"), JsonElement.Parse(lines[^1]).GetProperty("eval_rewards/accuracies").GetDouble(), 1e-12);
        Assert.Contains("rewards/margins", File.ReadAllText(Path.Combine(output, "curves.svg")), StringComparison.Ordinal);

        static double Right(double margin) => margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
        static string seconds(JsonElement summary) => summary.GetProperty("seconds").GetRawText();
    }

    [Fact]
    public void People_get_a_table_and_progress_in_lines()
    {
        var run = Train(files.Pairs());

        Assert.Equal(0, run.Status);
        Assert.StartsWith("dpo (beta = 0.1): ", run.Output, StringComparison.Ordinal);
        foreach (var name in new[] { "held-out accuracy", "likelihood, summed", "likelihood, averaged", "prefer shorter", "above prefer shorter" })
        {
            Assert.Contains("\n" + name, run.Output, StringComparison.Ordinal);
        }

        Assert.StartsWith("data: 60 examples\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("\ntraining: step 1 of ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Error);
    }

    [Fact]
    public void On_a_terminal_a_bar_is_written_over()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var app = new CommandLineApp(LossCatalog.BuiltIn, TextReader.Null, TextWriter.Null, error, isTerminal: true);

        Assert.Equal(0, app.Run("train", "--data", files.Pairs(), "--loss", "dpo", "--output", files.PathOf("run")));

        var lines = error.ToString().Split('\n');
        var training = Assert.Single(lines, line => line.Contains("\rtraining [", StringComparison.Ordinal));
        Assert.Contains("training [########################] step", training, StringComparison.Ordinal);
        Assert.All(training.Split('\r')[1..], shown => Assert.Equal(79, shown.Length));
    }

    [Fact]
    public void The_report_says_what_is_odd_about_the_data()
    {
        var odd = File.ReadAllLines(files.Pairs())[0];
        var data = files.WriteText("odd.jsonl", File.ReadAllText(files.Pairs()) + odd + "\n" + """
            {"prompt":"p","chosen":"the same","rejected":"the same"}
            {"prompt":"p","chosen":"words","rejected":" "}
            {"prompt":"p","chosen":"no other"}
            """);

        Assert.Contains("odd.jsonl, line 64: \"rejected\"", Train(data).ErrorLine(1), StringComparison.Ordinal);
        var run = Train(data, "--skip-invalid", "--max-completion-length", "4", "--format", "json");

        Assert.Equal(0, run.Status);
        var counts = JsonElement.Parse(run.Output).GetProperty("data");
        string[] names = ["read", "invalid", "identical", "empty", "duplicates"];
        Assert.Equal([63, 1, 1, 1, 1], names.Select(name => counts.GetProperty(name).GetInt32()));
        Assert.InRange(counts.GetProperty("truncated").GetInt32(), 59, 61);
        Assert.Contains("1 invalid lines skipped", run.Error, StringComparison.Ordinal);
        Assert.Contains("odd.jsonl, line 64: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Unpaired_and_ranked_data_are_trained_on_too()
    {
        var unpaired = CommandLine.Run("train", "--data", files.Unpaired(), "--loss", "kto", "--output", files.PathOf("kto"));
        Assert.Equal(0, unpaired.Status);
        Assert.Contains("eval_rewards/chosen", unpaired.Output, StringComparison.Ordinal);

        var ranked = CommandLine.Run("train", "--data", files.Ranked(), "--loss", "plackett-luce", "--output", files.PathOf("pl"), "--format", "json");
        Assert.Equal(0, ranked.Status);
        var summary = JsonElement.Parse(ranked.Output);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("held_out").ValueKind);
        Assert.True(summary.GetProperty("metrics").GetProperty("eval_rewards/margins").GetDouble() > 0.02);
    }

    [Theory]
    [InlineData("""{"loss":"dpo","parameters":{"beta":0.3}}""", "--spec")]
    [InlineData("def f(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):\n    return -F.logsigmoid(0.3 * ((policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)))\n", "--python")]
    public void A_loss_from_a_file_is_trained_with(string text, string option)
    {
        var (pairs, spec, own) = (files.Pairs(), files.WriteText("loss", text), files.PathOf("own"));
        Assert.Equal(0, CommandLine.Run("train", "--data", pairs, option, spec, "--output", own).Status);
        Assert.Equal(0, Train(pairs, "--set", "beta=0.3").Status);

        // The order of floating-point operations differs for the text; both learned the same.
        using var a = Load(own, "policy.ngram");
        using var b = Load(files.PathOf("run"), "policy.ngram");
        TokenSequence[] sequences = [new((int[])[2, 3], (int[])[4, 5, Vocabulary.End]), new((int[])[6], (int[])[7, Vocabulary.End])];
        var (one, other) = (new double[2], new double[2]);
        a.LogProbabilities(sequences, one);
        b.LogProbabilities(sequences, other);
        HandTable.AssertClose(one, other, tolerance: 1e-3);
    }

    [Fact]
    public void Rounds_raise_the_reward_of_what_the_policy_draws()
    {
        string[] arguments =
        [
            "train", "--data", files.Pairs(), "--loss", "aipo", "--output", files.PathOf("rounds"), "--rounds", "2", "--reward", files.Rewards(), "--max-new-tokens", "8",
            "--learning-rate", "0.05", "--format", "json",
        ];
        var run = CommandLine.Run(arguments);

        Assert.Equal(0, run.Status);
        var summary = JsonElement.Parse(run.Output);
        Assert.Equal(2, summary.GetProperty("rounds").GetArrayLength());
        var start = summary.GetProperty("rounds")[0].GetProperty("reward");
        var trained = summary.GetProperty("trained").GetProperty("reward");
        Assert.True(trained.GetProperty("lower").GetDouble() > start.GetProperty("upper").GetDouble(), run.Output);
        Assert.Contains("round 2: began with reward", run.Error, StringComparison.Ordinal);

        var weights = File.ReadAllBytes(files.PathOf("rounds/policy.ngram"));
        var again = CommandLine.Run(arguments);
        Assert.Equal(0, again.Status);
        Assert.Equal(weights, File.ReadAllBytes(files.PathOf("rounds/policy.ngram")));
    }

    [Fact]
    public void Every_loss_of_the_catalogue_trains_or_is_refused_with_a_reason()
    {
        var data = files.Pairs(24);
        var (trained, refused) = (0, 0);
        foreach (var loss in LossCatalog.BuiltIn.Entries.Select(entry => entry.Loss.Name))
        {
            var run = CommandLine.Run(
                "train", "--data", data, "--loss", loss, "--output", files.PathOf(loss), "--epochs", "1", "--fit-epochs", "1", "--batch", "12", "--eval-samples", "0");
            if (run.Status == 0)
            {
                trained++;
                continue;
            }

            refused++;
            Assert.Contains($"The loss '{loss}' cannot be trained with on this data: it ", run.ErrorLine(1), StringComparison.Ordinal);
            Assert.False(Directory.Exists(files.PathOf(loss)));
        }

        Assert.InRange(trained, 60, 80);
        Assert.InRange(refused, 5, 20);
    }

    private CommandLine Train(string data, params string[] more) =>
        CommandLine.Run(["train", "--data", data, "--loss", "dpo", "--output", files.PathOf("run"), .. more]);

    private static NGramPolicy Load(string folder, string name)
    {
        using var file = File.OpenRead(Path.Combine(folder, name));
        return NGramPolicy.Load(file);
    }

    private static double Value(JsonElement report, string name) => report.GetProperty(name).GetProperty("value").GetDouble();

    private static int Count(JsonElement summary, string name) => summary.GetProperty("data").GetProperty(name).GetInt32();
}
