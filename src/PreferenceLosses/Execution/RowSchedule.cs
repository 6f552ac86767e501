using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Which row values each phase computes, which it loads, and which it keeps in memory for later phases.</summary>
/// <remarks>
/// A node's level is the number of times all rows have to be seen before it is known; a row value of level n can be computed in
/// phase n and in every later one. Without kept values a phase computes all that it needs from the columns.
/// </remarks>
internal sealed class RowSchedule
{
    // What operations cost for a vector of rows, in units of an addition, when a batch is larger than the caches; measured roughly.
    private const int LoadCost = 4;
    private const int StoreCost = 8;

    /// <summary>The search tries every value in every phase; a formula that large is none that anybody waits for.</summary>
    private const int LargestSearch = 512;

    private readonly List<Expr> nodes;
    private readonly ImmutableArray<Expr> outputs;
    private readonly int[] levels;
    private readonly int[][] rowOperands;
    private readonly int[] costs;

    /// <summary>By node: the phase that keeps it, or −1.</summary>
    private readonly int[] keptIn;

    private readonly List<int>[] wanted;
    private readonly bool[] needed;

    /// <summary>A schedule without kept values.</summary>
    /// <param name="nodes">All nodes, operands first.</param>
    /// <param name="outputs">The nodes that are wanted in the end.</param>
    public RowSchedule(List<Expr> nodes, ImmutableArray<Expr> outputs)
    {
        this.nodes = nodes;
        this.outputs = outputs;
        var positions = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        levels = new int[nodes.Count];
        rowOperands = new int[nodes.Count][];
        for (var i = 0; i < nodes.Count; i++)
        {
            positions[nodes[i]] = i;
            var level = nodes[i].Operands.Select(o => levels[positions[o]]).DefaultIfEmpty(0).Max();
            levels[i] = EndsPhase(nodes[i]) ? level + 1 : level;
            rowOperands[i] = [.. nodes[i].Operands.Where(o => o.Shape != Shape.Scalar).Select(o => positions[o])];
        }

        costs = [.. nodes.Select(CostOf)];
        keptIn = [.. nodes.Select(_ => -1)];
        needed = new bool[nodes.Count];
        Levels = positions.ToDictionary(pair => pair.Key, pair => levels[pair.Value], (IEqualityComparer<Expr>)ReferenceEqualityComparer.Instance);
        PhaseCount = 1 + Math.Max(
            nodes.Where(EndsPhase).Select(n => Levels[n] - 1).DefaultIfEmpty(-1).Max(),
            outputs.Where(o => o.Shape != Shape.Scalar).Select(o => Levels[o]).DefaultIfEmpty(-1).Max());
        wanted = [.. Enumerable.Range(0, PhaseCount).Select(phase => Wanted(phase).Select(n => positions[n]).Distinct().ToList())];
    }

    /// <summary>The level of each node.</summary>
    public IReadOnlyDictionary<Expr, int> Levels { get; }

    /// <summary>The number of phases.</summary>
    public int PhaseCount { get; }

    /// <summary>Whether the node needs all rows: it ends a phase.</summary>
    public static bool EndsPhase(Expr node) =>
        (node.Operation.IsReduction() || node.Operation.IsSortOrScan()) && node.Axis == Axis.Batch;

    /// <summary>
    /// Keeps the values that cost more to compute again than to write and to read, one after the other, as long as there is
    /// one: the log-ratio difference, which stands for four columns, and exponentials that two phases use.
    /// </summary>
    public void KeepWhatPays()
    {
        if (PhaseCount == 1 || nodes.Count > LargestSearch)
        {
            return;
        }

        var cost = Cost();
        while (BestToKeep(cost) is var (node, phase, least) && node >= 0)
        {
            keptIn[node] = phase;
            cost = least;
        }
    }

    /// <summary>The nodes that the phase ends with.</summary>
    public List<Expr> Ends(int phase) => nodes.FindAll(n => EndsPhase(n) && Levels[n] - 1 == phase);

    /// <summary>The positions of the outputs that the phase writes.</summary>
    public List<int> Written(int phase) =>
        [.. Enumerable.Range(0, outputs.Length).Where(i => outputs[i].Shape != Shape.Scalar && Levels[outputs[i]] == phase)];

    /// <summary>The values that the phase keeps for later ones.</summary>
    public List<Expr> Kept(int phase) => [.. nodes.Where((_, i) => keptIn[i] == phase)];

    /// <summary>The row values that a phase loads or computes, operands first.</summary>
    public List<Expr> Needed(int phase)
    {
        Mark(phase);
        return [.. nodes.Where((_, i) => needed[i])];
    }

    /// <summary>The row values that are in memory before a phase starts.</summary>
    public HashSet<Expr> Loaded(int phase) => new(nodes.Where((_, i) => IsLoaded(i, phase)), ReferenceEqualityComparer.Instance);

    private (int Node, int Phase, int Cost) BestToKeep(int cost)
    {
        var best = (Node: -1, Phase: -1, Cost: cost);
        for (var node = 0; node < nodes.Count; node++)
        {
            if (keptIn[node] >= 0 || nodes[node].Shape != Shape.Row || nodes[node].Operation.IsLeaf() || EndsPhase(nodes[node]))
            {
                continue;
            }

            for (var phase = levels[node]; phase < PhaseCount - 1; phase++)
            {
                keptIn[node] = phase;
                var with = Cost();
                best = with < best.Cost ? (node, phase, with) : best;
            }

            keptIn[node] = -1;
        }

        return best;
    }

    private int Cost()
    {
        var cost = 0;
        for (var phase = 0; phase < PhaseCount; phase++)
        {
            Mark(phase);
            for (var i = 0; i < needed.Length; i++)
            {
                cost += !needed[i] ? 0 : IsLoaded(i, phase) ? LoadCost : costs[i];
                cost += keptIn[i] == phase ? StoreCost : 0;
            }
        }

        return cost;
    }

    /// <summary>Marks the row values that a phase loads or computes.</summary>
    private void Mark(int phase)
    {
        Array.Clear(needed);
        foreach (var node in wanted[phase])
        {
            needed[node] = true;
        }

        for (var i = needed.Length - 1; i >= 0; i--)
        {
            needed[i] |= keptIn[i] == phase;
            if (needed[i] && !IsLoaded(i, phase))
            {
                foreach (var operand in rowOperands[i])
                {
                    needed[operand] = true;
                }
            }
        }
    }

    /// <summary>Whether the node's rows are in memory before a phase starts.</summary>
    private bool IsLoaded(int node, int phase) =>
        nodes[node].Operation.IsLeaf() || EndsPhase(nodes[node]) || (keptIn[node] >= 0 && keptIn[node] < phase);

    /// <summary>The row values that a phase is for: what it reduces, sorts or writes.</summary>
    private IEnumerable<Expr> Wanted(int phase) =>
        Ends(phase).SelectMany(n => n.Operands).Concat(Written(phase).Select(i => outputs[i])).Where(n => n.Shape != Shape.Scalar);

    private static int CostOf(Expr node) => node.Operation switch
    {
        Operation.Exp or Operation.ExpMinusAbs or Operation.Log1pOfUnit or Operation.ExpOfRest => 12,
        Operation.Divide or Operation.ExpTimesOfRest => 10,
        Operation.Log or Operation.ExpTimes or Operation.Sqrt => 16,
        Operation.Expm1 or Operation.Tanh or Operation.Log1p or Operation.Log1mExp or Operation.Power => 30,
        _ => 1,
    };
}
