using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>Neither the number of threads of one evaluation nor evaluations on other threads change a bit of a result.</summary>
public class ThreadCountTests
{
    /// <summary>Some hundred blocks: enough for several threads.</summary>
    private const int ManyRows = 50_000;

    private static readonly string[] Coupled = ["aqfl", "aql-printed", "dbaql", "kto-pair", "decaying-weights-logistic"];

    public static TheoryData<string> Losses => [.. Coupled, "dpo", "discopop", .. TestLosses.All.Select(l => l.Name)];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Results_do_not_depend_on_the_number_of_threads(string name)
    {
        DoNotDependOnThreads<float>(Find(name));
        DoNotDependOnThreads<double>(Find(name));
    }

    [Fact]
    public void Many_threads_can_share_losses_and_batches()
    {
        // New losses: the first calls, which compile, are concurrent too.
        PairLoss[] losses = [new DpoLoss { Beta = 0.123 }, new AqflLoss { Tau = 0.7 }, new KtoPairLoss { Beta = 0.3 }, .. TestLosses.All];
        int[] sizes = [1, 3, 100, 129, 1000];
        var options = new EvaluationOptions { SingleRow = SingleRow.PyTorch };
        var work = losses.SelectMany(loss => sizes.Select(rows => (Loss: loss, Columns: PairColumns.Random(rows, rows)))).ToArray();
        var results = new Dictionary<string, double[]>[work.Length * 8];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            results[i] = i % 2 == 0
                ? LossRun.Evaluate<float>(work[i / 8].Loss, work[i / 8].Columns, options: options)
                : LossRun.Evaluate<double>(work[i / 8].Loss, work[i / 8].Columns, options: options));

        for (var i = 0; i < results.Length; i++)
        {
            var (loss, columns) = work[i / 8];
            AssertSame(
                i % 2 == 0 ? LossRun.Evaluate<float>(loss, columns, options: options) : LossRun.Evaluate<double>(loss, columns, options: options),
                results[i],
                $"{loss.Name} of {columns.Rows} rows");
        }
    }

    [Fact]
    public void A_weight_of_0_is_left_out_by_every_thread()
    {
        var columns = PairColumns.Random(ManyRows, seed: 2);
        var weights = Enumerable.Range(0, ManyRows).Select(row => row % 3 == 0 ? 0.0 : 1).ToArray();
        var subset = LossRun.Evaluate<double>(Find("aqfl"), columns.Select(row => row % 3 != 0), options: new EvaluationOptions { MaxThreads = 1 });
        var masked = LossRun.Evaluate<double>(Find("aqfl"), columns, weights, options: new EvaluationOptions { MaxThreads = 3 });
        Assert.Equal(subset[LossRun.Losses], masked[LossRun.Losses].Where((_, row) => row % 3 != 0));
        Assert.All(masked[LossRun.Losses].Where((_, row) => row % 3 == 0), loss => Assert.Equal(0, loss));
    }

    private static PairLoss Find(string name) =>
        TestLosses.All.FirstOrDefault(l => l.Name == name) ?? (PairLoss)LossCatalog.BuiltIn.Find(name).Loss;

    private static void DoNotDependOnThreads<T>(PairLoss loss)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var columns = PairColumns.Random(ManyRows, seed: 11);
        var one = LossRun.Evaluate<T>(loss, columns, options: new EvaluationOptions { MaxThreads = 1 });
        foreach (var threads in new[] { 2, 3, 7 })
        {
            AssertSame(one, LossRun.Evaluate<T>(loss, columns, options: new EvaluationOptions { MaxThreads = threads }), $"{loss.Name} on {threads} threads");
        }
    }

    private static void AssertSame(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, string what)
    {
        foreach (var (result, values) in expected)
        {
            Assert.True(values.AsSpan().SequenceEqual(actual[result]), $"{result} of {what}");
        }
    }
}
