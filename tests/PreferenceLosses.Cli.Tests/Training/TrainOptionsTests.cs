using PreferenceLosses.Cli.Tests.Support;

namespace PreferenceLosses.Cli.Tests.Training;

/// <summary>Every option does something, or is refused: what decides over the weights belongs to the run, and what does not leaves them bit for bit.</summary>
public sealed class TrainOptionsTests : IClassFixture<TrainOptionsTests.Base>
{
    private readonly Base run;

    public TrainOptionsTests(Base run) => this.run = run;

    [Theory]
    [InlineData("--held-out 0.3")]
    [InlineData("--max-length 9")]
    [InlineData("--max-prompt-length 1")]
    [InlineData("--max-completion-length 3")]
    [InlineData("--min-count 8")]
    [InlineData("--vocabulary-size 12")]
    [InlineData("--set beta=0.5")]
    [InlineData("--order 2")]
    [InlineData("--fit-epochs 2")]
    [InlineData("--fit-learning-rate 0.05")]
    [InlineData("--epochs 1")]
    [InlineData("--batch 7")]
    [InlineData("--accumulate 2")]
    [InlineData("--learning-rate 0.05")]
    [InlineData("--schedule cosine")]
    [InlineData("--warmup 2")]
    [InlineData("--weight-decay 0.5")]
    [InlineData("--clip 0.01")]
    [InlineData("--seed 1")]
    [InlineData("--sync-reference 0.6,2")]
    public void What_decides_gives_another_policy_and_another_run(string option)
    {
        var other = run.Train("decides" + option.Replace(' ', '_'), option.Split(' '));
        Assert.Equal(0, other.Status);
        Assert.NotEqual(run.Policy("base"), run.Policy("decides" + option.Replace(' ', '_')));

        var name = option.Split(' ')[0];
        var refused = run.Train("base", option.Split(' ')).ErrorLine(1);
        Assert.Contains($"' is of another run: {(name == "--set" ? "--loss" : name)} was ", refused, StringComparison.Ordinal);
        Assert.Contains(". Take another folder, or delete this one.", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--eval-every 3")]
    [InlineData("--eval-samples 0")]
    [InlineData("--checkpoint-every 1")]
    [InlineData("--log-every 2")]
    [InlineData("--threads 1")]
    [InlineData("--format json")]
    public void What_does_not_decide_leaves_the_policy(string option)
    {
        var other = run.Train("same" + option.Replace(' ', '_'), option.Split(' '));

        Assert.Equal(0, other.Status);
        Assert.Equal(run.Policy("base"), run.Policy("same" + option.Replace(' ', '_')));
        Assert.Equal(0, run.Train("base", option.Split(' ')).Status);
    }

    [Theory]
    [InlineData("--max-length 11 --truncation-mode keep_start", "--max-length 11 --truncation-mode keep_end")]
    [InlineData("--max-length 11 --truncation-mode keep_start", "--max-length 11 --truncation-mode drop")]
    [InlineData("--accumulate 2 --loss aot --statistics batch", "--accumulate 2 --loss aot --statistics step")]
    [InlineData("{rounds} --completions 2", "{rounds} --completions 3")]
    [InlineData("{rounds} --momentum 0", "{rounds} --momentum 0.5")]
    [InlineData("{rounds} --temperature 1", "{rounds} --temperature 0.5")]
    [InlineData("{rounds}", "{rounds} --max-new-tokens 9")]
    [InlineData("{rounds}", "{rounds} --rounds 3")]
    public void What_needs_another_option_decides_beside_it(string one, string other)
    {
        if (Directory.Exists(run.Files.PathOf("one")))
        {
            Directory.Delete(run.Files.PathOf("one"), recursive: true);
        }

        Assert.Equal(0, run.TrainWith("one", one).Status);
        var first = run.Policy("one");
        Assert.Contains("is of another run", run.TrainWith("one", other).ErrorLine(1), StringComparison.Ordinal);
        Directory.Delete(run.Files.PathOf("one"), recursive: true);
        Assert.Equal(0, run.TrainWith("one", other).Status);

        Assert.NotEqual(first, run.Policy("one"));
    }

    [Fact]
    public void The_names_of_trl_are_accepted()
    {
        var other = run.Train(
            "trl", "--num-train-epochs", "2", "--per-device-train-batch-size", "8", "--gradient-accumulation-steps", "1", "--lr-scheduler-type", "linear", "--warmup-steps", "0",
            "--max-grad-norm", "1", "--eval-steps", "2", "--save-steps", "5", "--logging-steps", "1");

        Assert.Equal(0, other.Status);
        Assert.Equal(0, run.Train("own", "--epochs", "2", "--batch", "8").Status);
        Assert.Equal(run.Policy("own"), run.Policy("trl"));
    }

    [Fact]
    public void Other_data_are_another_run_and_another_name_is_not()
    {
        var more = run.Files.WriteText("more.jsonl", File.ReadAllText(run.Pairs) + File.ReadLines(run.Pairs).First() + "\n");
        Assert.Contains("--data was ", CommandLine.Run("train", "--data", more, "--loss", "dpo", "--output", run.Files.PathOf("base")).ErrorLine(1), StringComparison.Ordinal);

        var renamed = run.Files.WriteText("renamed.jsonl", File.ReadAllText(run.Pairs));
        Assert.Equal(0, CommandLine.Run("train", "--data", renamed, "--loss", "dpo", "--output", run.Files.PathOf("base")).Status);
    }

    [Theory]
    [InlineData("", "The loss is given by --loss NAME, --spec FILE or --python FILE: by one of them.")]
    [InlineData("--loss dpo --spec x", "by one of them.")]
    [InlineData("--loss dpo", "--data is missing: one or more files of preference data.")]
    [InlineData("--loss dpo --data x", "--output is missing: the folder of the run.")]
    [InlineData("--loss dpoo --data x --output y", "There is no loss 'dpoo'")]
    [InlineData("--loss dpo --set tau=1 --data x --output y", "The loss has no parameter 'tau'; it has beta.")]
    [InlineData("--loss dpo --data x --output y --epochs 0", "--epochs is '0'; a whole number, 1 or greater, is accepted.")]
    [InlineData("--loss dpo --data x --output y --num-train-epochs 1.5", "--epochs is '1.5'; a whole number, 1 or greater, is accepted.")]
    [InlineData("--loss dpo --data x --output y --learning-rate -1", "--learning-rate is '-1'; a number greater than 0 is accepted.")]
    [InlineData("--loss dpo --data x --output y --learning-rate 0,1", "--learning-rate is '0,1'")]
    [InlineData("--loss dpo --data x --output y --held-out 1", "--held-out is '1'; a share from 0 to below 1 is accepted.")]
    [InlineData("--loss dpo --data x --output y --schedule step", "--schedule is 'step'; linear, constant and cosine are accepted.")]
    [InlineData("--loss dpo --data x --output y --statistics all", "--statistics is 'all'; batch and step are accepted.")]
    [InlineData("--loss dpo --data x --output y --order 6", "--order is '6'; a whole number from 1 to 5 is accepted.")]
    [InlineData("--loss dpo --data x --output y --sync-reference 0.5", "--sync-reference is '0.5'; α and a number of steps with a comma between are accepted, as in 0.6,10.")]
    [InlineData("--loss dpo --data x --output y --sync-reference 2,1", "α of --sync-reference is '2'; a number above 0 and at most 1 is accepted.")]
    [InlineData("--loss dpo --data x --output y --sync-reference 1,0", "N of --sync-reference is '0'")]
    [InlineData("--loss dpo --data x --output y --truncation-mode drop", "--truncation-mode says how to keep to --max-length, which is not given.")]
    [InlineData("--loss dpo --data x --output y --max-length 5 --truncation-mode cut", "--truncation-mode is 'cut'; keep_start, keep_end and drop are accepted.")]
    [InlineData("--loss dpo --data x --output y --momentum 0.5", "--momentum is of training in rounds, and --rounds is not given.")]
    [InlineData("--loss dpo --data x --output y --reward x", "--reward is of training in rounds")]
    [InlineData("--loss dpo --data x --output y --rounds 2", "--reward is missing")]
    [InlineData("--loss dpo --data x --output y --rounds 2 --reward x --momentum 1 --sync-reference 1,1", "both move the reference")]
    [InlineData("--loss dpo --data x --output y --format xml", "--format is 'xml'; text and json are accepted.")]
    [InlineData("--loss dpo --data x --output y --epochs 1 --epochs 2", "'--epochs' expects a single argument but 2 were provided. train accepts --data FILE…, ")]
    public void Wrong_usage_is_one_line_and_exit_status_2(string arguments, string expected) => Assert.Contains(
        expected, CommandLine.Run(["train", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).ErrorLine(2), StringComparison.Ordinal);

    [Fact]
    public void The_help_has_every_option_in_a_group()
    {
        var help = CommandLine.Run("train", "--help");

        Assert.Equal((0, ""), (help.Status, help.Error));
        foreach (var part in new[] { "Usage:", "Data:", "Loss:", "Policy and reference:", "Training:", "Rounds:", "Output:", "--epochs, --num-train-epochs <N> ", "0.02 if left out." })
        {
            Assert.Contains(part, help.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>A run that others are compared with.</summary>
    public sealed class Base : IDisposable
    {
        public Base()
        {
            Pairs = Files.Pairs();
            Assert.Equal(0, Train("base").Status);
        }

        internal PreferenceFiles Files { get; } = new();

        internal string Pairs { get; }

        public void Dispose() => Files.Dispose();

        internal CommandLine Train(string folder, params string[] more) =>
            CommandLine.Run(["train", "--data", Pairs, "--loss", "dpo", "--output", Files.PathOf(folder), .. more]);

        /// <summary>With all options given, and the loss if they do not give it.</summary>
        internal CommandLine TrainWith(string folder, string options)
        {
            string[] given = [.. options.Split(' ').SelectMany(option => option == "{rounds}" ? Rounds(options) : [option])];
            return CommandLine.Run(["train", "--data", Pairs, "--output", Files.PathOf(folder), .. given.Contains("--loss") ? given : ["--loss", "dpo", .. given]]);
        }

        internal byte[] Policy(string folder) => File.ReadAllBytes(Path.Combine(Files.PathOf(folder), "policy.ngram"));

        private string[] Rounds(string options) =>
        [
            "--reward", Files.Rewards(), "--epochs", "1",
            .. options.Contains("--rounds", StringComparison.Ordinal) ? Array.Empty<string>() : ["--rounds", "2"],
            .. options.Contains("--max-new-tokens", StringComparison.Ordinal) ? Array.Empty<string>() : ["--max-new-tokens", "6"],
        ];
    }
}
