using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests.Training;

/// <summary>What cannot be trained on, or not there: exit status 1, one line, and nothing that was there is touched.</summary>
public sealed class TrainFailureTests : IDisposable
{
    private readonly PreferenceFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_file_that_is_not_there_or_no_example_is_named()
    {
        Assert.Contains($"The file '{files.PathOf("none")}' cannot be read", Fail(files.PathOf("none")), StringComparison.Ordinal);
        Assert.Contains("bad.jsonl, line 2: ", Fail(files.WriteText("bad.jsonl", """{"chosen":"a b","rejected":"a c"}""" + "\nno\n")), StringComparison.Ordinal);
        Assert.Contains("There is nothing to train on: 0 examples", Fail(files.WriteText("empty.jsonl", "\n")), StringComparison.Ordinal);
        Assert.Contains(
            "There is nothing to train on: 0 examples, 1 invalid lines skipped",
            Fail(files.WriteText("empty.jsonl", "no\n"), "--skip-invalid"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_is_refused_before_anything_is_written()
    {
        Assert.Contains("The loss 'tpo' cannot be trained with on this data: it needs a third, gold response", Fail(files.Pairs(), "--loss", "tpo"), StringComparison.Ordinal);
        Assert.Contains("'dpo' cannot be trained with on this data: it compares the two completions of a pair, and the data is unpaired", Fail(files.Unpaired()), StringComparison.Ordinal);
        Assert.Contains("'margin', and the data has no scores", Fail(files.Pairs(), "--loss", "odpo"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(files.PathOf("run")));
    }

    [Fact]
    public void A_folder_of_something_else_stays_as_it_is()
    {
        Directory.CreateDirectory(files.PathOf("run"));
        files.WriteText("run/policy.ngram", "precious");

        Assert.Contains("is not empty, and what it holds is no run of this command", Fail(files.Pairs()), StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(files.PathOf("run/policy.ngram")));
        Assert.Equal(["policy.ngram"], Directory.EnumerateFileSystemEntries(files.PathOf("run")).Select(Path.GetFileName));
        Assert.Contains($"The folder '{files.Pairs()}' cannot be made", CommandLine.Run("train", "--data", files.Pairs(), "--loss", "dpo", "--output", files.Pairs()).ErrorLine(1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        Directory.CreateDirectory(files.PathOf("run"));
        using var taken = new FileStream(files.PathOf("run/.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.Contains("or another process trains there", Fail(files.Pairs()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_reference_is_named_and_can_be_fitted_again()
    {
        var pairs = files.Pairs();
        Assert.Equal(0, CommandLine.Run("train", "--data", pairs, "--loss", "dpo", "--output", files.PathOf("run")).Status);
        var policy = File.ReadAllBytes(files.PathOf("run/policy.ngram"));
        var whole = File.ReadAllBytes(files.PathOf("run/reference.ngram"));
        File.WriteAllBytes(files.PathOf("run/reference.ngram"), whole[..^5]);

        var run = CommandLine.Run("train", "--data", pairs, "--loss", "dpo", "--output", files.PathOf("run"));
        Assert.Equal(1, run.Status);
        Assert.EndsWith("reference.ngram' is damaged: The data ends too early. Delete it, and the reference is fitted again.\n", run.Error, StringComparison.Ordinal);

        File.Delete(files.PathOf("run/reference.ngram"));
        Assert.Equal(0, CommandLine.Run("train", "--data", pairs, "--loss", "dpo", "--output", files.PathOf("run")).Status);
        Assert.Equal(whole, File.ReadAllBytes(files.PathOf("run/reference.ngram")));
        Assert.Equal(policy, File.ReadAllBytes(files.PathOf("run/policy.ngram")));
    }

    [Fact]
    public void A_loss_that_diverges_names_the_step()
    {
        // Each pair is there with its opposite, so that exp(−100 ρ) of one of them overflows soon.
        var pairs = File.ReadAllText(files.Pairs());
        var opposites = pairs.Replace("chosen", "chosen_", StringComparison.Ordinal).Replace("rejected", "chosen", StringComparison.Ordinal).Replace("chosen_", "rejected", StringComparison.Ordinal);
        var run = CommandLine.Run(
            "train", "--data", files.WriteText("both.jsonl", pairs + opposites), "--loss", "exponential", "--set", "beta=100", "--learning-rate", "10", "--schedule", "constant", "--clip", "Infinity", "--output", files.PathOf("run"));

        Assert.Equal(1, run.Status);
        Assert.Matches(@"preference-losses: Step \d+, loss 'exponential': ", run.Error.Split('\n')[^2]);
        Assert.False(File.Exists(files.PathOf("run/policy.ngram")));
    }

    [Fact]
    public void Rewards_have_to_tell_completions_apart()
    {
        // What was refused before the run began does not keep its folder from other options.
        string[] rounds = ["--rounds", "1", "--max-new-tokens", "4", "--reward"];
        Assert.Contains("None of the words of ", LastLine([.. rounds, files.WriteText("foreign.tsv", "zebra\t1\n")]), StringComparison.Ordinal);
        Assert.Contains("rewards.tsv, line 2: a word and a number with a tab between", LastLine([.. rounds, files.WriteText("rewards.tsv", "kind\t1\nrude\tvery\n")]), StringComparison.Ordinal);

        Assert.Equal(0, CommandLine.Run(["train", "--data", files.Pairs(), "--loss", "dpo", "--output", files.PathOf("run"), .. rounds, files.Rewards()]).Status);

        string LastLine(string[] more)
        {
            var run = CommandLine.Run(["train", "--data", files.Pairs(), "--loss", "dpo", "--output", files.PathOf("run"), .. more]);
            Assert.Equal(1, run.Status);
            return run.Error.Split('\n')[^2];
        }
    }

    private string Fail(string data, params string[] more) => CommandLine.Run(
        ["train", "--data", data, .. more.Contains("--loss") ? Array.Empty<string>() : ["--loss", "dpo"], "--output", files.PathOf("run"), .. more]).ErrorLine(1);
}
