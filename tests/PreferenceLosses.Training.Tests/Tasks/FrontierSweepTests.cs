using PreferenceLosses.Expressions;
using PreferenceLosses.Losses;
using PreferenceLosses.Training.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Training.Tests.Tasks;

/// <summary>A sweep that is interrupted gives what one gives that is not, and its file is never mistaken for another.</summary>
public sealed class FrontierSweepTests : IDisposable
{
    private static readonly double[] Betas = [0.05, 1];
    private static readonly ulong[] Seeds = [1, 2];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_sweep_is_the_trainings_of_its_grid()
    {
        var progress = new Recorder();
        var runs = Sweep().Run(folder.PathOf("a.csv"), progress);

        Assert.Equal(
            ["dpo 0.05 1", "slic 0.05 1", "dpo 1 1", "slic 1 1", "dpo 0.05 2", "slic 0.05 2", "dpo 1 2", "slic 1 2"],
            runs.Select(run => FormattableString.Invariant($"{run.Loss} {run.Beta} {run.Seed}")));
        var expected = SentimentSamples.Task.Run(new SlicLoss { Beta = 1 }, 2);
        Assert.Equal(new FrontierPoint(expected.Reward, expected.Kl, expected.Length.Value), runs[^1].Point);
        Assert.Equal(Enumerable.Range(0, 9), progress.Reports.Select(report => report.Done));
        Assert.All(progress.Reports, report => Assert.Equal(8, report.Total));
        Assert.StartsWith("loss,beta,seed,reward,kl,", File.ReadAllText(folder.PathOf("a.csv")), StringComparison.Ordinal);
        Assert.Equal(runs.AsEnumerable(), Sweep(threads: 2).Run(folder.PathOf("b.csv")));
    }

    [Fact]
    public void A_file_that_was_cut_anywhere_is_gone_on_with()
    {
        var path = folder.PathOf("a.csv");
        var runs = Sweep().Run(path);
        var bytes = File.ReadAllBytes(path);
        var header = bytes.AsSpan().IndexOf((byte)'\n') + 1;
        foreach (var cut in (int[])[0, 5, header - 1, header, header + 10, bytes.Length / 2, bytes.Length - 1, bytes.Length])
        {
            File.WriteAllBytes(path, bytes[..cut]);
            var whole = Math.Max(bytes[..cut].Count(b => b == '\n') - 1, 0);
            var progress = new Recorder();
            Assert.Equal(runs.AsEnumerable(), Sweep().Run(path, progress));
            Assert.Equal(bytes, File.ReadAllBytes(path));
            Assert.Equal(1 + 8 - whole, progress.Reports.Count);
        }

        // A torn line may be longer than all that is written after it.
        File.WriteAllBytes(path, [.. bytes, .. "dpo,0.05,1,0.5"u8]);
        Assert.Equal(runs.AsEnumerable(), Sweep().Run(path));
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_sweep_that_was_cancelled_leaves_whole_lines_and_is_gone_on_with()
    {
        var path = folder.PathOf("a.csv");
        var expected = Sweep().Run(folder.PathOf("b.csv"));
        using var cancel = new CancellationTokenSource();
        var progress = new Recorder(report =>
        {
            if (report.Done == 3)
            {
                cancel.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => Sweep().Run(path, progress, cancel.Token));
        Assert.Equal(1 + 3, File.ReadAllLines(path).Length);
        Assert.Equal(expected.AsEnumerable(), Sweep().Run(path));
    }

    [Fact]
    public void A_training_that_diverges_is_a_line_and_is_not_tried_again()
    {
        var path = folder.PathOf("a.csv");
        var sweep = new FrontierSweep(SentimentSamples.Task, [new NotANumberLoss()], [1], [7]);
        Assert.Equal(new FrontierRun("not-a-number", 1, 7, null), Assert.Single(sweep.Run(path)));
        Assert.Contains("\nnot-a-number,1,7,nan,nan,", File.ReadAllText(path), StringComparison.Ordinal);
        var progress = new Recorder();
        Assert.Equal(new FrontierRun("not-a-number", 1, 7, null), Assert.Single(sweep.Run(path, progress)));
        Assert.Single(progress.Reports);
    }

    [Fact]
    public void A_file_of_something_else_is_refused_and_stays()
    {
        var path = folder.PathOf("a.csv");
        _ = Sweep().Run(path);
        var text = File.ReadAllText(path);
        var task = SentimentSamples.Task.Fingerprint;
        foreach (var (other, message) in ((string, string)[])
        [
            ("loss,beta,seed\n", "not the file of a sweep"),
            ("something", "not the file of a sweep"),
            (text.Replace(task, "0000000000000000", StringComparison.Ordinal), "line 2 is not the result of a training of this sweep: it is of the task 0000000000000000"),
            (text + "dpo,0.05\n", "line 10 is not the result of a training of this sweep: there are 2 columns"),
            (text.Replace("slic,1,2,", "slic,one,2,", StringComparison.Ordinal), "is not the result of a training of this sweep"),
        ])
        {
            File.WriteAllText(path, other);
            Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Sweep().Run(path)).Message, StringComparison.Ordinal);
            Assert.Equal(other, File.ReadAllText(path));
        }
    }

    [Fact]
    public void Two_sweeps_do_not_write_one_file()
    {
        var path = folder.PathOf("a.csv");
        var refused = 0;
        _ = Sweep().Run(path, new Recorder(_ =>
        {
            Assert.Throws<IOException>(() => Sweep().Run(path));
            refused++;
        }));
        Assert.Equal(9, refused);
    }

    [Fact]
    public void A_grid_that_cannot_be_trained_is_refused_before_it_begins()
    {
        var task = SentimentSamples.Task;
        Assert.Throws<ArgumentException>(() => new FrontierSweep(task, [], Betas, Seeds));
        Assert.Throws<ArgumentException>(() => new FrontierSweep(task, [new DpoLoss(), new DpoLoss { Beta = 2 }], Betas, Seeds));
        Assert.Throws<ArgumentException>(() => new FrontierSweep(task, [new DpoLoss()], [1, 1], Seeds));
        Assert.Throws<ArgumentException>(() => new FrontierSweep(task, [new PflGeneratedLoss()], Betas, Seeds)); // has no β
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrontierSweep(task, [new DpoLoss()], [0], Seeds));
        Assert.Throws<LossNotTrainableException>(() => new FrontierSweep(task, [LossCatalog.BuiltIn.Find("tdpo1").Loss], Betas, Seeds));
    }

    private static FrontierSweep Sweep(int threads = 1) => new(SentimentSamples.Task, [new DpoLoss(), new SlicLoss()], Betas, Seeds) { MaxThreads = threads };

    private sealed class Recorder(Action<SweepProgress>? then = null) : IProgress<SweepProgress>
    {
        public List<SweepProgress> Reports { get; } = [];

        public void Report(SweepProgress value)
        {
            Reports.Add(value);
            then?.Invoke(value);
        }
    }

    private sealed record NotANumberLoss() : PairLoss("not-a-number", β)
    {
        private static readonly Parameter β = new("beta", "β", 0.1, Bounds.Positive, "None is better.");

        protected override LossOutput Formula(PairInputs pair) => Log(-1 - Square(β * pair.LogRatioDifference));
    }
}
