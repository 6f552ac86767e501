using System.Collections.Immutable;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Compiles formulas to a <see cref="Program"/>.</summary>
/// <remarks>
/// Row values of one level make a phase (<see cref="RowSchedule"/>). A phase computes what it needs of earlier phases again, but for values that are cheaper to keep.
/// Only where the whole batch fits into one block (<paramref name="keepsRegisters"/>) everything stays in registers, and nothing is computed twice.
/// </remarks>
internal sealed class ProgramCompiler(bool keepsRegisters)
{
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
    private RowSchedule schedule = null!;

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
        foreach (var node in nodes.Where(n => n.Shape == Shape.Scalar))
        {
            scalars[node] = initialScalars.Count;
            initialScalars.Add(node.Operation == Operation.Constant ? node.Value : 0);
        }

        schedule = new RowSchedule(nodes, outputs);
        if (!keepsRegisters)
        {
            schedule.KeepWhatPays();
        }

        var plans = Enumerable.Range(0, schedule.PhaseCount).Select(PlanPhase).ToList();
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
            BufferHomes = BufferHomes.Find(phases, buffers.Count),
            HasResponses = nodes.Exists(n => n.Shape == Shape.Responses || n.Operation == Operation.ResponseCount),
        };
    }

    /// <summary>The row values to compute in a phase, operands first, and what they are computed for.</summary>
    private PhasePlan PlanPhase(int phase)
    {
        var rows = schedule.Needed(phase);
        if (keepsRegisters)
        {
            rows = rows.FindAll(computed.Add);
        }

        return new PhasePlan(rows, schedule.Loaded(phase), schedule.Ends(phase), schedule.Kept(phase), schedule.Written(phase));
    }

    private ImmutableArray<Phase> Emit(List<PhasePlan> plans)
    {
        // Where registers are kept, a value lives up to its last use in any phase; otherwise phases know nothing of each other.
        var lastUses = plans.Select(LastUses).ToList();
        var phases = ImmutableArray.CreateBuilder<Phase>();
        for (var p = 0; p < plans.Count; p++)
        {
            var plan = plans[p];
            var instructions = ImmutableArray.CreateBuilder<Instruction>();
            for (var i = 0; i < plan.Rows.Count; i++)
            {
                var node = plan.Rows[i];
                var operands = plan.Loaded.Contains(node) ? [] : node.Operands;
                var (a, b, c) = (Source(operands, 0), Source(operands, 1), Source(operands, 2));
                if (plan.Loaded.Contains(node))
                {
                    a = new Operand(Space.Row, LoadIndex(node));
                }

                // Elementwise work may be in place: operands that are used here for the last time free their registers first.
                if (node.Operation.IsElementwise())
                {
                    ReleaseDead(operands, p, i);
                }

                instructions.Add(new Instruction(node.Operation, node.Axis, Allocate(node), a, b, c, LoadsBuffer: plan.Loaded.Contains(node) && !node.Operation.IsLeaf()));
                ReleaseDead(operands, p, i);
            }

            phases.Add(new Phase(
                instructions.DrainToImmutable(),
                [.. plan.Ends.Where(n => n.Operation.IsReduction())
                    .Select(n => new BatchReduction(n.Operation, registers[n.Operands[0]], scalars[n]))],
                [.. Buffered(plan).Select(o => new Store(registers[o], BufferOf(o)))],
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
    private static IEnumerable<Expr> Buffered(PhasePlan plan) =>
        plan.Ends.Where(n => n.Operation.IsSortOrScan()).SelectMany(n => n.Operands).Concat(plan.Kept).Distinct();

    /// <summary>The position in the phase at which each value is used last; what ends the phase counts as after all.</summary>
    private Dictionary<Expr, int> LastUses(PhasePlan plan)
    {
        var uses = new Dictionary<Expr, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < plan.Rows.Count; i++)
        {
            foreach (var operand in plan.Loaded.Contains(plan.Rows[i]) ? [] : plan.Rows[i].Operands)
            {
                uses[operand] = i;
            }
        }

        foreach (var value in plan.Ends.SelectMany(n => n.Operands).Concat(plan.Written.Select(i => outputs[i])).Concat(Buffered(plan)))
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
        .. nodes.Where(n => n.Shape == Shape.Scalar && n.Operation.IsElementwise() && schedule.Levels[n] == level)
            .Select(n => new ScalarInstruction(n.Operation, scalars[n], Scalar(n, 0), Scalar(n, 1), Scalar(n, 2))),
    ];

    /// <summary>An operand that is not there is scalar 0, whatever it holds: it is not looked at.</summary>
    private int Scalar(Expr node, int i) => i < node.Operands.Length ? scalars[node.Operands[i]] : 0;

    private IEnumerable<(string Name, int Scalar)> NamedScalars(Operation operation) =>
        nodes.Where(n => n.Operation == operation && n.Shape == Shape.Scalar).Select(n => (n.Name!, scalars[n]));

    private sealed record PhasePlan(List<Expr> Rows, HashSet<Expr> Loaded, List<Expr> Ends, List<Expr> Kept, List<int> Written);

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
