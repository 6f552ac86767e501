using System.Collections.Immutable;
using PreferenceLosses.Discovery.Validation;
using PreferenceLosses.Discovery.Validation.Rungs;
using PreferenceLosses.Training;

namespace PreferenceLosses.Discovery;

/// <summary>The batches of pairs that a loss is looked at with. The same on every machine.</summary>
internal static class PairProbes
{
    /// <summary>Log-ratio differences that a policy reaches in ordinary training, in single precision as in double.</summary>
    private const double Common = 100;

    /// <summary>Those that only a long or failing training reaches; double precision has to hold there, single may not.</summary>
    private const double Rare = 1000;

    /// <summary>Those that nobody trains to: what overflows there is told.</summary>
    private const double Remote = 20_000;

    public static ImmutableArray<Probe> All { get; } =
    [
        Drifted("finite-ordinary", "on ordinary rows", 10, 1.5, seed: 1),
        Drifted("finite-ordinary", "on ordinary rows", 7, 12, seed: 2),
        Drifted("finite-initial", "where the policy equals the reference, as at the start of training", 10, 0, seed: 3),
        Ranked("finite-worse", "where the policy ranks all pairs wrongly", -1),
        Ranked("finite-better", "where the policy ranks all pairs rightly", 1),
        Alike(),
        Far("where |rho| is 100 nats", Common),
        Far("where |rho| is 1000 nats", Rare) with { InSingle = false },
        Far("where |rho| is 1000 nats", Rare) with { InDouble = false, IsDecisive = false },
        Far("where |rho| is 20000 nats", Remote) with { IsDecisive = false },
    ];

    public static string Describe(Probe probe, int row)
    {
        double At(string column) => probe.Columns[column][row];
        var (chosen, rejected) = (At(Columns.PolicyChosen) - At(Columns.ReferenceChosen), At(Columns.PolicyRejected) - At(Columns.ReferenceRejected));
        return $"rho = {FiniteRung.Number(chosen - rejected)}, policy_chosen_logps - reference_chosen_logps = {FiniteRung.Number(chosen)}, policy_rejected_logps - reference_rejected_logps = {FiniteRung.Number(rejected)}";
    }

    /// <summary>Pairs of all lengths, the policy at random distances from the reference.</summary>
    private static Probe Drifted(string rung, string situation, int rows, double deviation, ulong seed)
    {
        var random = new RandomStream(seed);
        return Pairs(rung, situation, rows, _ => (Reference(random), Reference(random), deviation * random.NextGaussian(), deviation * random.NextGaussian()));
    }

    /// <summary>All pairs on one side, by 1 to 20 nats.</summary>
    private static Probe Ranked(string rung, string situation, int side)
    {
        var random = new RandomStream(4);
        return Pairs(rung, situation, 10, i => (Reference(random), Reference(random), i % 2 == 0 ? side * (i + 1) : 0, i % 2 == 0 ? -side * (i + 1) : -side * 2 * (i + 1)));
    }

    /// <summary>No row differs from another: every spread is 0.</summary>
    private static Probe Alike() => Pairs("finite-equal", "where all pairs of the batch are equal", 10, _ => (-42, -37.5, 1.25, -0.75));

    /// <summary>ρ at a distance on both sides, by the one completion or the other; and both completions as far from the reference.</summary>
    private static Probe Far(string situation, double distance) => Pairs("finite-extreme", situation, 6, i => i switch
    {
        0 => (-40, -30, -distance, 0),
        1 => (-40, -30, 0, -distance),
        2 => (-40 - distance, -30, distance, 0),
        3 => (-40, -30 - distance, 0, distance),
        4 => (-40, -30, -distance, -distance),
        _ => (-40 - distance, -30 - distance, distance, distance),
    });

    private static double Reference(RandomStream random) => -5 - (115 * random.NextDouble());

    /// <summary>Rows from the reference's log-probabilities and the policy's distances from them; no log-probability is above 0.</summary>
    private static Probe Pairs(string rung, string situation, int rows, Func<int, (double Chosen, double Rejected, double ChosenRatio, double RejectedRatio)> row)
    {
        var made = Enumerable.Range(0, rows).Select(row).ToArray();
        double[] Column(Func<(double Chosen, double Rejected, double ChosenRatio, double RejectedRatio), double> value) => [.. made.Select(value)];
        return new Probe(rung, situation, rows, 0, new Dictionary<string, double[]>
        {
            [Columns.PolicyChosen] = Column(r => Math.Min(r.Chosen + r.ChosenRatio, -0.25)),
            [Columns.PolicyRejected] = Column(r => Math.Min(r.Rejected + r.RejectedRatio, -0.25)),
            [Columns.ReferenceChosen] = Column(r => r.Chosen),
            [Columns.ReferenceRejected] = Column(r => r.Rejected),
        }.ToImmutableSortedDictionary());
    }
}
