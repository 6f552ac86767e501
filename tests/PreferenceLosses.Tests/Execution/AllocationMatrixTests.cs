using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>An evaluation into the caller's spans allocates nothing once it is warm, on one thread.</summary>
public class AllocationMatrixTests
{
    public static TheoryData<string, int, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, bool>();
            foreach (var loss in new[] { "dpo", "discopop", "aqfl", "kto-pair", "decaying-weights-logistic", "quantile", "scan" })
            {
                foreach (var rows in new[] { 1, 64, 5000 })
                {
                    cases.Add(loss, rows, false);
                    cases.Add(loss, rows, true);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_warm_evaluation_allocates_nothing(string name, int rows, bool isWeighted)
    {
        var loss = TestLosses.All.FirstOrDefault(l => l.Name == name) ?? LossCatalog.BuiltIn.Find(name).Loss;
        AllocatesNothing<float>(loss, rows, isWeighted);
        AllocatesNothing<double>(loss, rows, isWeighted);
    }

    private static void AllocatesNothing<T>(PreferenceLoss loss, int rows, bool isWeighted)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var columns = PairColumns.Random(rows, seed: 1);
        var inputs = PairColumns.Names.Select(name => PairColumns.Convert<T>(columns[name])).ToArray();
        var outputs = Enumerable.Range(0, 6).Select(_ => new T[rows]).ToArray();
        var losses = new T[rows * loss.Graph.Losses.Length];
        var upstream = losses.Select(_ => T.One).ToArray();

        // A third of the rows is left out: that takes memory of its own.
        var weights = isWeighted ? Enumerable.Range(0, rows).Select(row => row % 3 == 1 ? T.Zero : T.One).ToArray() : null;
        var options = new EvaluationOptions { SingleRow = SingleRow.PyTorch, MaxThreads = 1 };

        Run(2);

        // A collection that another test causes meanwhile counts against this thread; what the evaluation allocates, it allocates each time.
        var allocated = Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(3);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal(0, allocated);

        void Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var batch = new PreferenceBatch<T>
                {
                    PolicyChosen = inputs[0],
                    PolicyRejected = inputs[1],
                    ReferenceChosen = inputs[2],
                    ReferenceRejected = inputs[3],
                    Weight = weights,
                };
                var destination = new LossDestination<T>
                {
                    Losses = losses,
                    PolicyChosen = outputs[0],
                    PolicyRejected = outputs[1],
                    ReferenceChosen = outputs[2],
                    ReferenceRejected = outputs[3],
                    ChosenReward = outputs[4],
                    RejectedReward = outputs[5],
                };
                loss.Evaluate(batch, destination, options);
                if (weights is null)
                {
                    loss.VectorJacobianProduct(batch, upstream, destination, options);
                }
            }
        }
    }
}
