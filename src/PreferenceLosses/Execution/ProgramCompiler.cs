using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Compiles formulas to a <see cref="Program"/>.</summary>
/// <remarks>
/// A node's level is the number of times all rows have to be seen before it is known. Row values of one level make a
/// phase. A phase recomputes what it needs of earlier phases, from the inputs or, if all it needs of them goes through one
/// value per row (the log-ratio difference, in most losses), from that value, which the first phase keeps: reading one column
/// instead of four is what a large batch gains from. Only where the whole batch fits into one block
/// (<paramref name="keepsRegisters"/>) nothing is computed twice.
/// </remarks>
internal sealed class ProgramCompiler(bool keepsRegisters)
{
    private readonly Dictionary<Expr, int> levels = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Expr, int> scalars = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Expr, int> buffers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Expr, Operand> registers = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Expr> computed = new(ReferenceEqualityComparer.Instance);
    private readonly List<double> initialScalars = [];
    private readonly List<ProgramColumn> columns = [];
    private readonly RegisterFile rowRegisters = new();
    private readonly RegisterFile responseRegisters = new();
    private List<Expr> nodes = [];
    private ImmutableArray<Expr> outputs = [];
    private Expr? kept;

    /// <summary>Compiles the formulas whose values are wanted.</summary>
    /// <param name="roots">The formulas, in the order of the program's outputs.</param>
    /// <param name="keepsRegisters">Whether the program is for batches of one block.</param>
    /// <param name="isVerbatim">Whether operations are done as they stand (<see cref="LossGraph.IsVerbatim"/>).</param>
    public static Program Compile(IEnumerable<Expr> roots, bool keepsRegisters, bool isVerbatim = false) =>
        new ProgramCompiler(keepsRegisters).Compile(Lowering.Lower(roots, isVerbatim));

    private Program Compile(ImmutableArray<Expr> lowered)
    {
        outputs = lowered;
        nodes = NodeOrder.Of(outputs);
        foreach (var node in nodes)
        {
            levels[node] = LevelOf(node);
            if (node.Shape == Shape.Scalar)
            {
                scalars[node] = initialScalars.Count;
                initialScalars.Add(node.Operation == Operation.Constant ? node.Value : 0);
            }
        }

        var phaseCount = 1 + nodes.Where(IsPhaseWork).Select(n => PhaseOf(n)).DefaultIfEmpty(-1).Max();
        phaseCount = Math.Max(phaseCount, 1 + outputs.Where(o => o.Shape != Shape.Scalar).Select(o => levels[o]).DefaultIfEmpty(-1).Max());
        kept = keepsRegisters || phaseCount == 1 ? null : KeptValue(phaseCount);
        var plans = Enumerable.Range(0, phaseCount).Select(PlanPhase).ToList();
        var phases = Emit(plans);

        return new Program
        {
            Columns = [.. columns],
            ScalarInputs = [.. NamedScalars(Operation.Input)],
            Parameters = [.. NamedScalars(Operation.Parameter)],
            Scalars = [.. initialScalars],
            BatchSizeScalar = nodes.Find(n => n.Operation == Operation.BatchSize) is { } size ? scalars[size] : -1,
            Prologue = ScalarWork(level: 0),
            Phases = phases,
            Outputs = [.. outputs.Select(o => (o.Shape, o.Shape == Shape.Scalar ? scalars[o] : -1))],
            RowRegisters = rowRegisters.Count,
            ResponseRegisters = responseRegisters.Count,
            RowBuffers = buffers.Count,
            HasResponses = nodes.Exists(n => n.Shape == Shape.Responses || n.Operation == Operation.ResponseCount),
        };
    }

    private int LevelOf(Expr node)
    {
        var level = node.Operands.Select(o => levels[o]).DefaultIfEmpty(0).Max();
        return IsPhaseWork(node) ? level + 1 : level;
    }

    /// <summary>Whether the node needs all rows: it ends a phase.</summary>
    private static bool IsPhaseWork(Expr node) =>
        (node.Operation.IsReduction() || node.Operation.IsSortOrScan()) && node.Axis == Axis.Batch;

    /// <summary>The phase at whose end the node is computed.</summary>
    private int PhaseOf(Expr node) => levels[node] - 1;

    /// <summary>Whether the node's rows are in memory before a phase starts, and are loaded rather than computed.</summary>
    private bool IsLoaded(Expr node, int phase) => node.Operation.IsLeaf() || IsPhaseWork(node) || (phase > 0 && ReferenceEquals(node, kept));

    /// <summary>
    /// The last value of the first phase that is all that later phases need of the columns, if it is computed from two columns
    /// or more; otherwise null. Going back from what later phases are for, it is where only one value is left to compute.
    /// </summary>
    private Expr? KeptValue(int phaseCount)
    {
        var first = Needed(0);
        var open = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        for (var phase = 1; phase < phaseCount; phase++)
        {
            Open(Wanted(phase));
        }

        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            if (!open.Remove(nodes[i]))
            {
                continue;
            }

            if (nodes[i].Operation == Operation.Input)
            {
                return null;
            }

            if (open.Count == 0 && nodes[i].Shape == Shape.Row && first.Contains(nodes[i]))
            {
                return NodeOrder.Of([nodes[i]]).Count(n => n.Operation == Operation.Input && n.Shape == Shape.Row) > 1 ? nodes[i] : null;
            }

            Open(nodes[i].Operands);
        }

        return null;

        void Open(IEnumerable<Expr> values) =>
            open.UnionWith(values.Where(n => n.Shape != Shape.Scalar && !IsPhaseWork(n) && (n.Operation == Operation.Input || !n.Operation.IsLeaf())));
    }

    /// <summary>The row values that a phase is for: what it reduces, sorts or writes.</summary>
    private IEnumerable<Expr> Wanted(int phase) =>
        Ends(phase).SelectMany(n => n.Operands).Concat(Written(phase).Select(i => outputs[i])).Where(n => n.Shape != Shape.Scalar);

    private List<Expr> Ends(int phase) => nodes.FindAll(n => IsPhaseWork(n) && PhaseOf(n) == phase);

    private List<int> Written(int phase) =>
        [.. Enumerable.Range(0, outputs.Length).Where(i => outputs[i].Shape != Shape.Scalar && levels[outputs[i]] == phase)];

    /// <summary>The row values that a phase loads or computes: what it is for, and what that is computed from.</summary>
    private HashSet<Expr> Needed(int phase)
    {
        var needed = new HashSet<Expr>(ReferenceEqualityComparer.Instance);
        needed.UnionWith(Wanted(phase));
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            if (needed.Contains(nodes[i]) && !IsLoaded(nodes[i], phase))
            {
                needed.UnionWith(nodes[i].Operands.Where(o => o.Shape != Shape.Scalar));
            }
        }

        return needed;
    }

    /// <summary>The row values to compute in a phase, operands first, and what they are computed for.</summary>
    private PhasePlan PlanPhase(int phase)
    {
        var needed = Needed(phase);
        if (keepsRegisters)
        {
            needed.ExceptWith(computed);
            computed.UnionWith(needed);
        }

        return new PhasePlan(nodes.FindAll(needed.Contains), Ends(phase), Written(phase));
    }

    private ImmutableArray<Phase> Emit(List<PhasePlan> plans)
    {
        // Where registers are kept, a value lives up to its last use in any phase; otherwise phases know nothing of each other.
        var lastUses = plans.Select((plan, phase) => LastUses(plan, phase)).ToList();
        var phases = ImmutableArray.CreateBuilder<Phase>();
        for (var p = 0; p < plans.Count; p++)
        {
            var plan = plans[p];
            var instructions = ImmutableArray.CreateBuilder<Instruction>();
            for (var i = 0; i < plan.Rows.Count; i++)
            {
                var node = plan.Rows[i];
                var operands = IsLoaded(node, p) ? [] : node.Operands;
                var (a, b, c) = (Source(operands, 0), Source(operands, 1), Source(operands, 2));
                if (IsLoaded(node, p))
                {
                    a = new Operand(Space.Row, LoadIndex(node));
                }

                // Elementwise work may be in place: operands that are used here for the last time free their registers first.
                if (node.Operation.IsElementwise())
                {
                    ReleaseDead(operands, p, i);
                }

                instructions.Add(new Instruction(node.Operation, node.Axis, Allocate(node), a, b, c, LoadsBuffer: IsLoaded(node, p) && !node.Operation.IsLeaf()));
                ReleaseDead(operands, p, i);
            }

            phases.Add(new Phase(
                instructions.DrainToImmutable(),
                [.. plan.Ends.Where(n => n.Operation.IsReduction())
                    .Select(n => new BatchReduction(n.Operation, registers[n.Operands[0]], scalars[n]))],
                [.. Buffered(plan, p).Select(o => new Store(registers[o], BufferOf(o)))],
                [.. plan.Written.Select(i => new Store(registers[outputs[i]], i))],
                [.. plan.Ends.Where(n => n.Operation.IsSortOrScan()).Select(Permutation)],
                ScalarWork(level: p + 1)));
            ReleaseDead([.. registers.Keys], p, int.MaxValue);
        }

        return phases.DrainToImmutable();

        void ReleaseDead(IEnumerable<Expr> values, int phase, int position)
        {
            foreach (var value in values)
            {
                if (registers.TryGetValue(value, out var register) && IsDead(value, phase, position))
                {
                    (register.Space == Space.Row ? rowRegisters : responseRegisters).Release(register.Index);
                    registers.Remove(value);
                }
            }
        }

        bool IsDead(Expr value, int phase, int position) =>
            lastUses[phase].GetValueOrDefault(value, -1) <= position
            && !(keepsRegisters && lastUses.Skip(phase + 1).Any(uses => uses.ContainsKey(value)));
    }

    /// <summary>What a phase keeps of every row: for sorts and scans, and for later phases.</summary>
    private IEnumerable<Expr> Buffered(PhasePlan plan, int phase) =>
        plan.Ends.Where(n => n.Operation.IsSortOrScan()).SelectMany(n => n.Operands).Concat(phase == 0 && kept is not null ? [kept] : []).Distinct();

    /// <summary>The position in the phase at which each value is used last; what ends the phase counts as after all.</summary>
    private Dictionary<Expr, int> LastUses(PhasePlan plan, int phase)
    {
        var uses = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < plan.Rows.Count; i++)
        {
            foreach (var operand in IsLoaded(plan.Rows[i], phase) ? [] : plan.Rows[i].Operands)
            {
                uses[operand] = i;
            }
        }

        foreach (var value in plan.Ends.SelectMany(n => n.Operands).Concat(plan.Written.Select(i => outputs[i])).Concat(Buffered(plan, phase)))
        {
            uses[value] = int.MaxValue;
        }

        return uses;
    }

    private Operand Allocate(Expr node)
    {
        var operand = node.Shape == Shape.Row
            ? new Operand(Space.Row, rowRegisters.Take())
            : new Operand(Space.Responses, responseRegisters.Take());
        registers[node] = operand;
        return operand;
    }

    private Operand Source(ImmutableArray<Expr> operands, int i) => i >= operands.Length ? default
        : operands[i].Shape == Shape.Scalar ? new Operand(Space.Scalar, scalars[operands[i]])
        : registers[operands[i]];

    private int LoadIndex(Expr node)
    {
        if (node.Operation != Operation.Input)
        {
            return node.Operation.IsLeaf() ? 0 : BufferOf(node);
        }

        var index = columns.FindIndex(c => c.Name == node.Name);
        if (index < 0)
        {
            index = columns.Count;
            columns.Add(new ProgramColumn(node.Name!, Array.IndexOf(Columns.Known, node.Name)));
        }

        return index;
    }

    private int BufferOf(Expr node)
    {
        if (!buffers.TryGetValue(node, out var buffer))
        {
            buffers[node] = buffer = buffers.Count;
        }

        return buffer;
    }

    private BatchPermutation Permutation(Expr node) => new(
        node.Operation,
        BufferOf(node.Operands[0]),
        node.Operands.Length > 1 ? BufferOf(node.Operands[1]) : -1,
        BufferOf(node));

    private ImmutableArray<ScalarInstruction> ScalarWork(int level) =>
    [
        .. nodes.Where(n => n.Shape == Shape.Scalar && n.Operation.IsElementwise() && levels[n] == level)
            .Select(n => new ScalarInstruction(n.Operation, scalars[n], Scalar(n, 0), Scalar(n, 1), Scalar(n, 2))),
    ];

    /// <summary>An operand that is not there is scalar 0, whatever it holds: it is not looked at.</summary>
    private int Scalar(Expr node, int i) => i < node.Operands.Length ? scalars[node.Operands[i]] : 0;

    private IEnumerable<(string Name, int Scalar)> NamedScalars(Operation operation) =>
        nodes.Where(n => n.Operation == operation && n.Shape == Shape.Scalar).Select(n => (n.Name!, scalars[n]));

    private sealed record PhasePlan(List<Expr> Rows, List<Expr> Ends, List<int> Written);

    /// <summary>Hands out the lowest free register.</summary>
    private sealed class RegisterFile
    {
        private readonly SortedSet<int> free = [];

        public int Count { get; private set; }

        public int Take()
        {
            if (free.Count == 0)
            {
                return Count++;
            }

            var index = free.Min;
            free.Remove(index);
            return index;
        }

        public void Release(int index) => free.Add(index);
    }
}
