using System.Numerics;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;

namespace PreferenceLosses.Tests.Execution;

/// <summary>A warm call on one thread allocates nothing: not for any loss, size, precision or choice of outputs.</summary>
public class AllocationTests
{
    public static TheoryData<string, int> Calls()
    {
        var data = new TheoryData<string, int>();
        foreach (var loss in new[] { "dpo", "discopop", "aqfl", "kto-pair", "decaying-weights-logistic" })
        {
            foreach (var rows in new[] { 2, 64, 129, 5000 })
            {
                data.Add(loss, rows);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_warm_call_allocates_nothing(string name, int rows)
    {
        AssertNoAllocation<float>(name, rows, weights: null);
        AssertNoAllocation<double>(name, rows, weights: null);
        AssertNoAllocation<float>(name, rows, weights: [.. Enumerable.Range(0, rows).Select(i => (double)(i % 3))]);
    }

    private static void AssertNoAllocation<T>(string name, int rows, double[]? weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        var input = PairColumns.Random(rows, seed: 3);
        T[][] columns = [.. PairColumns.Names.Select(c => PairColumns.Convert<T>(input[c]))];
        var weight = weights is null ? null : PairColumns.Convert<T>(weights);
        T[][] results = [.. Enumerable.Range(0, 6).Select(_ => new T[rows])];
        var losses = new T[rows * loss.Graph.Losses.Length];
        var upstream = losses.Select(_ => T.One).ToArray();

        // The two-row minimum of aqfl holds for the rows that take part.
        var options = new EvaluationOptions { MaxThreads = 1, SingleRow = SingleRow.PyTorch };
        Call();
        Call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Call();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Call()
        {
            var batch = new PreferenceBatch<T>
            {
                PolicyChosen = columns[0], PolicyRejected = columns[1], ReferenceChosen = columns[2], ReferenceRejected = columns[3], Weight = weight,
            };
            var destination = new LossDestination<T>
            {
                Losses = losses, PolicyChosen = results[0], PolicyRejected = results[1], ReferenceChosen = results[2],
                ReferenceRejected = results[3], ChosenReward = results[4], RejectedReward = results[5],
            };
            loss.Evaluate(batch, destination, options);
            if (weight is null)
            {
                loss.VectorJacobianProduct(batch, upstream, destination, options);
            }
        }
    }
}
