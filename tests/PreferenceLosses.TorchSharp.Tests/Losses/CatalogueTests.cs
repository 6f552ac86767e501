using System.Globalization;
using PreferenceLosses.Losses;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Torch.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Losses;

/// <summary>The analytic gradient of the core against libtorch's autograd, for everything in the catalogue.</summary>
public sealed class CatalogueTests
{
    public static TheoryData<string> Names => [.. LossCatalog.BuiltIn.Entries.Select(entry => entry.Name)];

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Both_routes_give_the_same_in_double_precision(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var (what, batch) in Batches(loss))
        {
            var tensors = new TensorCase(loss, batch, ScalarType.Float64);
            AssertSame(tensors.Run(LossRoute.Lowered), tensors.Run(LossRoute.Fused), 1e-9, 1e-12, $"{name}, {what}");
        }
    }

    /// <summary>Sums of some hundreds in single precision, through a factor 1/τ = 20, are 1e-3 off.</summary>
    [TorchTheory]
    [MemberData(nameof(Names))]
    public void In_single_precision_both_are_near_double_precision(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var (what, any) in Batches(loss))
        {
            var batch = any.Rounded<float>();
            var expected = new TensorCase(loss, batch, ScalarType.Float64).Run(LossRoute.Lowered);
            var tensors = new TensorCase(loss, batch, ScalarType.Float32);
            AssertSame(expected, tensors.Run(LossRoute.Lowered), 1e-3, 1e-5, $"{name}, {what}, lowered");
            AssertSame(expected, tensors.Run(LossRoute.Fused), 1e-3, 1e-5, $"{name}, {what}, fused");
        }
    }

    /// <summary>A reduction of one's own goes another way back than the reduced loss: with a weight for each row, through the unreduced losses.</summary>
    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Both_routes_give_the_same_through_unreduced_losses(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var (what, batch) in Batches(loss))
        {
            var tensors = new TensorCase(loss, batch, ScalarType.Float64);
            Tensor Objective(TensorLossResult result) => (result.Losses * linspace(-1, 2, result.Losses.size(0), ScalarType.Float64)).sum() + (3 * result.Value);
            AssertSame(
                tensors.Run(LossRoute.Lowered, objective: Objective), tensors.Run(LossRoute.Fused, objective: Objective), 1e-9, 1e-11, $"{name}, {what}");
        }
    }

    /// <summary>A weight of 0 excludes a row from batch statistics too, whatever it holds.</summary>
    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Both_routes_give_the_same_with_weights(string name)
    {
        using var scope = NewDisposeScope();
        var loss = LossCatalog.BuiltIn.Find(name).Loss;
        foreach (var reduction in new[] { Reduction.Mean, Reduction.Sum })
        {
            var batch = AnyBatch.Random(loss, 7, seed: 5);
            double[] weights = [1, 0.5, 0, 2, 1, 0, 1.5];
            var tensors = new TensorCase(loss, batch, ScalarType.Float64);
            tensors.Batch[Columns.Weight] = tensor(weights);
            var options = new EvaluationOptions { Reduction = reduction };
            var lowered = tensors.Run(LossRoute.Lowered, options);
            AssertSame(lowered, tensors.Run(LossRoute.Fused, options), 1e-9, 1e-12, name);

            // And what the core has for it, which knows nothing of tensors.
            var core = loss.Evaluate(batch.Batch<double>(weights), options);
            AssertSame(new() { ["value"] = [core.Value], ["losses"] = core.Losses.ToArray() }, lowered, 1e-9, 1e-12, name);
            Tensor Objective(TensorLossResult result) => (result.Losses * linspace(1, 2, result.Losses.size(0), ScalarType.Float64)).sum();
            AssertSame(
                tensors.Run(LossRoute.Lowered, options, Objective), tensors.Run(LossRoute.Fused, options, Objective), 1e-9, 1e-11, name);
        }
    }

    private static IEnumerable<(string What, FormulaBatch Batch)> Batches(PreferenceLoss loss)
    {
        yield return ("near the reference", AnyBatch.Random(loss, 13, seed: 1));
        yield return ("far from the reference", AnyBatch.Random(loss, 8, seed: 2));
        var random = AnyBatch.Random(loss, 5, seed: 3);
        foreach (var (policy, reference) in new[]
        {
            (Columns.PolicyChosen, Columns.ReferenceChosen), (Columns.PolicyRejected, Columns.ReferenceRejected), (Columns.Policy, Columns.Reference),
        })
        {
            if (random.Columns.TryGetValue(policy, out _))
            {
                random.Columns[policy] = random.Columns[reference];
            }
        }

        yield return ("the reference itself", random);
        if (loss.Graph.MinimumRows == 1)
        {
            yield return ("one row", AnyBatch.Random(loss, 1, seed: 4));
        }
    }

    private static void AssertSame(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, double relative, double absolute, string what)
    {
        foreach (var (key, values) in expected)
        {
            Assert.Equal(values.Length, actual[key].Length);
            for (var i = 0; i < values.Length; i++)
            {
                var (wanted, got) = (values[i], actual[key][i]);
                Assert.True(
                    wanted.Equals(got) || Math.Abs(wanted - got) <= absolute + (relative * Math.Abs(wanted)),
                    string.Create(CultureInfo.InvariantCulture, $"{what}: {key}[{i}] is {got:R}; expected {wanted:R}"));
            }
        }
    }
}
