using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution.Generation;

/// <summary>Cuts the phases of a program into segments, and finds what has to outlive each of them.</summary>
internal static class SegmentPlanner
{
    /// <summary>
    /// The weight at which a segment ends. The just-in-time compiler stops to inline a method with more than about 500 variables,
    /// and every kernel that is not inlined costs more than keeping a value in memory. An exponential has about 50.
    /// </summary>
    private const int LargestWeight = 200;

    /// <summary>The segments of each phase.</summary>
    public static ImmutableArray<ImmutableArray<Segment>> Plan(MachineCode code)
    {
        var phases = code.Phases.Select(phase => Cut(phase).ToList()).ToList();
        var inputs = new Dictionary<int, MachineInstruction>();
        for (var p = 0; p < phases.Count; p++)
        {
            Place(phases[p], code.Phases[p].Buffers, (segment, stores) => segment with { Buffers = stores });
            Place(phases[p], code.Phases[p].Outputs, (segment, stores) => segment with { Outputs = stores }, isLast: store => code.BufferHomes.Contains(store.Target));
            for (var s = 0; s < phases[p].Count; s++)
            {
                phases[p][s] = phases[p][s] with { Inputs = [.. Reads(phases[p][s]).Where(inputs.ContainsKey).Select(offset => inputs[offset])] };
                foreach (var i in phases[p][s].Instructions)
                {
                    if (i.IsLoad)
                    {
                        inputs[i.D] = i;
                    }
                    else
                    {
                        inputs.Remove(i.D);
                    }
                }
            }
        }

        var live = new HashSet<int>();
        for (var p = phases.Count - 1; p >= 0; p--)
        {
            live.UnionWith(code.Phases[p].Reductions.Select(r => r.Offset));
            for (var s = phases[p].Count - 1; s >= 0; s--)
            {
                var segment = phases[p][s];
                var written = segment.Instructions.Select(i => i.D).ToHashSet();
                phases[p][s] = segment with { Kept = [.. written.Where(live.Contains).Order()] };
                live.ExceptWith(written);
                live.UnionWith(Reads(segment).Except(segment.Inputs.Select(i => i.D)));
            }
        }

        return [.. phases.Select(segments => segments.ToImmutableArray())];
    }

    private static IEnumerable<Segment> Cut(MachinePhase phase)
    {
        var instructions = ImmutableArray.CreateBuilder<MachineInstruction>();
        var weight = 0;
        foreach (var i in phase.Instructions)
        {
            if (weight > 0 && weight + Weight(i) > LargestWeight)
            {
                yield return new Segment(instructions.DrainToImmutable(), [], [], [], []);
                weight = 0;
            }

            instructions.Add(i);
            weight += Weight(i);
        }

        yield return new Segment(instructions.DrainToImmutable(), [], [], [], []);
    }

    /// <summary>
    /// A value is stored where it was computed; what an earlier phase computed is stored by the first segment. An output that houses a row buffer
    /// is stored by the last one, because until then the buffer may be loaded.
    /// </summary>
    private static void Place(
        List<Segment> segments, ImmutableArray<MachineStore> stores, Func<Segment, ImmutableArray<MachineStore>, Segment> with, Predicate<MachineStore>? isLast = null)
    {
        int SegmentOf(MachineStore store) =>
            isLast?.Invoke(store) == true ? segments.Count - 1 : Math.Max(0, segments.FindLastIndex(s => s.Instructions.Any(i => i.D == store.Offset)));

        foreach (var group in stores.GroupBy(SegmentOf))
        {
            segments[group.Key] = with(segments[group.Key], [.. group]);
        }
    }

    /// <summary>The offsets of registers that a segment reads before it writes them.</summary>
    private static HashSet<int> Reads(Segment segment)
    {
        var written = new HashSet<int>();
        var read = new HashSet<int>();
        foreach (var i in segment.Instructions)
        {
            if (!i.IsLoad && (i.Operation.IsElementwise() || i.Operation == Operation.Broadcast))
            {
                Read(i.A, i.StepA);
                Read(i.B, i.StepB);
                Read(i.C, i.StepC);
            }

            written.Add(i.D);
        }

        foreach (var store in segment.Buffers.Concat(segment.Outputs))
        {
            Read(store.Offset, step: 1);
        }

        return read;

        // What does not move from row to row is a scalar.
        void Read(int offset, int step)
        {
            if (step != 0 && !written.Contains(offset))
            {
                read.Add(offset);
            }
        }
    }

    /// <summary>About how many variables an operation has when it is inlined.</summary>
    private static int Weight(in MachineInstruction i) => i.IsLoad ? 3 : i.Operation switch
    {
        Operation.Exp or Operation.ExpMinusAbs or Operation.Log1pOfUnit or Operation.ExpOfRest => 50,
        Operation.Log or Operation.ExpTimes => 80,
        Operation.Expm1 or Operation.Tanh => 100,
        Operation.Log1p => 120,
        Operation.Log1mExp => 300,
        Operation.ExpTimesOfRest => 30,
        Operation.SigmoidFromExp or Operation.Sign => 10,
        _ => 3,
    };
}
