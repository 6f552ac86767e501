using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Discovery.Validation.Rungs;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>The batches of logits and targets that an objective of classification is looked at with. The same on every machine.</summary>
internal static class ClassProbes
{
    /// <summary>Logits that a network reaches; those that only a failing training reaches; those that none does.</summary>
    private const double Common = 100, Rare = 1000, Remote = 20_000;

    public static ImmutableArray<Probe> For(int classes) =>
    [
        Random("finite-ordinary", "on ordinary examples", 10, classes, 2, seed: 1),
        Random("finite-ordinary", "on ordinary examples", 7, classes, 8, seed: 2),
        Random("finite-initial", "where all logits are 0, as at the start of training", 10, classes, 0, seed: 3),
        Decided("finite-worse", "where the network is wrong and sure of it", classes, -1),
        Decided("finite-better", "where the network is right and sure of it", classes, 1),
        Rows("finite-equal", "where all examples of the batch are equal", 10, classes, _ => 1, (_, k) => 0.5 * k),
        Far("where logits are 100", classes, Common),
        Far("where logits are 1000", classes, Rare) with { InSingle = false },
        Far("where logits are 1000", classes, Rare) with { InDouble = false, IsDecisive = false },
        Far("where logits are 20000", classes, Remote) with { IsDecisive = false },
    ];

    public static string Describe(Probe probe, int row)
    {
        var logits = probe.Columns[Columns.Logits].AsSpan(row * probe.Classes, probe.Classes).ToArray();
        return $"targets = {FiniteRung.Number(probe.Columns[Columns.Target][row])}, logits = {string.Join(", ", logits.Take(8).Select(FiniteRung.Number))}{(probe.Classes > 8 ? ", …" : "")}";
    }

    /// <summary>Rows from a target and a logit for each class.</summary>
    public static Probe Rows(string rung, string situation, int rows, int classes, Func<int, int> target, Func<int, int, double> logit) => new(
        rung,
        situation,
        rows,
        classes,
        new Dictionary<string, double[]>
        {
            [Columns.Logits] = [.. from row in Enumerable.Range(0, rows) from k in Enumerable.Range(0, classes) select logit(row, k)],
            [Columns.Target] = [.. Enumerable.Range(0, rows).Select(row => (double)target(row))],
        }.ToImmutableSortedDictionary());

    private static Probe Random(string rung, string situation, int rows, int classes, double deviation, ulong seed)
    {
        var random = new RandomStream(seed);
        return Rows(rung, situation, rows, classes, row => row % classes, (_, _) => deviation * random.NextGaussian());
    }

    /// <summary>The label's logit above all others, or below, by 1 to 20.</summary>
    private static Probe Decided(string rung, string situation, int classes, int side)
    {
        var random = new RandomStream(4);
        return Rows(rung, situation, 10, classes, row => row % classes, (row, k) => (k == row % classes ? side * (2 * (row + 1)) : 0) + (0.5 * random.NextDouble()));
    }

    /// <summary>One logit far from the others, on either side, the label's or another one; and all of them far from 0.</summary>
    private static Probe Far(string situation, int classes, double distance) => Rows("finite-extreme", situation, 6, classes, _ => 0, (row, k) => row switch
    {
        0 => k == 0 ? distance : 0,
        1 => k == 0 ? -distance : 0,
        2 => k == 1 ? distance : 0,
        3 => k == 1 ? -distance : 0,
        4 => distance + (0.5 * k),
        _ => -distance + (0.5 * k),
    });
}
