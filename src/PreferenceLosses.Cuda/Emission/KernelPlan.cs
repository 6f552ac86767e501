using System.Collections.Immutable;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;
using PairProgram = PreferenceLosses.Execution.Program;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>A pass over all rows, with the scalar work that becomes possible before it.</summary>
/// <param name="Phase">What is done with rows; null for the pass that counts the rows that take part.</param>
/// <param name="Before">Scalar work on what the pass before it has reduced.</param>
internal sealed record Stage(Phase? Phase, ImmutableArray<ScalarInstruction> Before)
{
    /// <summary>The number of values that are reduced over the rows.</summary>
    public int Reductions => Phase?.Reductions.Length ?? 1;
}

/// <summary>
/// The program of a loss, arranged for a device: passes over the rows, and for every scalar the place where it is computed. What
/// depends on parameters, scalar inputs and the number of rows alone is computed on the host, in double precision, at each launch.
/// </summary>
internal sealed class KernelPlan
{
    /// <summary>Sorting within a row is done with all pairs of responses, as straight code.</summary>
    public const int LargestResponses = 32;

    private readonly ImmutableHashSet<int> computed;

    private KernelPlan(PairProgram program, KernelVariant variant, int losses)
    {
        Program = program;
        Variant = variant;
        Losses = losses;
        DeviceScalars = FindDeviceScalars();
        computed = [.. program.Parameters.Concat(program.ScalarInputs).Select(s => s.Scalar), program.BatchSizeScalar, .. program.Prologue.Select(i => i.Destination)];
        Stages = [.. FindStages()];
        Last = Stages[^1].Phase is { } phase ? phase.Scalars : [];
    }

    public PairProgram Program { get; }

    public KernelVariant Variant { get; }

    /// <summary>The number of losses per row.</summary>
    public int Losses { get; }

    /// <summary>How many neighbouring rows a thread takes at a time where there are many blocks: four, unless there are several responses.</summary>
    public int RowsPerThread => Program.HasResponses ? 1 : FourRowsEmitter.Rows;

    /// <summary>The passes over the rows.</summary>
    public ImmutableArray<Stage> Stages { get; }

    /// <summary>Scalar work after the last pass.</summary>
    public ImmutableArray<ScalarInstruction> Last { get; }

    /// <summary>The scalar of the number of rows that take part, after those of the program, where it is counted on the device.</summary>
    public int CountScalar => Program.Scalars.Length;

    /// <summary>The scalars that depend on rows: reductions and what is computed from them.</summary>
    public ImmutableHashSet<int> DeviceScalars { get; }

    /// <summary>The scalars of the host that scalar work on the device reads.</summary>
    public IEnumerable<int> HostDoubles => Stages.SelectMany(s => s.Before).Concat(Last).SelectMany(ScalarOperands.Of)
        .Concat(Program.Outputs.Where(o => o.Shape == Shape.Scalar).Select(o => o.Scalar)).Where(IsOnHost).Distinct().Order();

    /// <summary>The scalars of the host that rows read.</summary>
    public IEnumerable<int> HostSingles => Program.Phases.SelectMany(p => p.Instructions).SelectMany(RowOperands.Of)
        .Where(o => o.Space == Space.Scalar).Select(o => o.Index).Where(IsOnHost).Distinct().Order();

    /// <summary>Whether the scalar is a number of the formula.</summary>
    public bool IsConstant(int scalar) => !DeviceScalars.Contains(scalar) && !computed.Contains(scalar);

    /// <summary>Whether the scalar is computed by the host at each launch.</summary>
    public bool IsOnHost(int scalar) => !DeviceScalars.Contains(scalar) && computed.Contains(scalar);

    /// <summary>The largest double stands for the largest number of any precision.</summary>
    public static double InRange(double scalar) =>
        Math.Abs(scalar) == double.MaxValue ? Math.CopySign(float.MaxValue, scalar) : scalar;

    /// <summary>All scalars of the program that the host knows, for one launch; the others are 0.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="parameters">Values of the hyper-parameters.</param>
    /// <param name="scalars">Values of the scalar inputs; null where the loss has none.</param>
    public double[] HostScalars(int rows, ParameterValues parameters, IReadOnlyDictionary<string, double>? scalars)
    {
        var values = Program.Scalars.ToArray();
        foreach (var (name, scalar) in Program.Parameters)
        {
            values[scalar] = parameters.First(p => p.Parameter.Name == name).Value;
        }

        foreach (var (name, scalar) in Program.ScalarInputs)
        {
            values[scalar] = !ReferenceEquals(name, CompiledLoss.ScaleScalar) ? scalars![name]
                : Variant.Reduction == Reduction.Mean ? 1 / ((double)rows * Losses)
                : 1;
        }

        if (Program.BatchSizeScalar >= 0)
        {
            values[Program.BatchSizeScalar] = rows;
        }

        foreach (var i in Program.Prologue)
        {
            values[i.Destination] = ScalarFunctions.Evaluate(i.Operation, values[i.A], values[i.B], values[i.C]);
        }

        return values;
    }

    /// <summary>Whether the scalar is the 1/N of a mean over rows that are counted on the device.</summary>
    public bool IsCountedScale(int scalar) => Variant.Excludes && Variant.Reduction == Reduction.Mean && scalar == ScaleScalar;

    private int ScaleScalar => Program.ScalarInputs.FirstOrDefault(s => ReferenceEquals(s.Name, CompiledLoss.ScaleScalar), (Name: "", Scalar: -1)).Scalar;

    /// <summary>Plans the kernel of a loss.</summary>
    /// <exception cref="NotSupportedException">The loss has something that kernels do not: a sort over the batch, too many responses, …</exception>
    public static KernelPlan Of(IPreferenceLoss loss, KernelVariant variant)
    {
        var compiled = CompiledLoss.Of(loss.Graph);
        var program = ProgramCompiler.Compile(Roots(compiled, variant.Results), keepsRegisters: false, loss.Graph.IsVerbatim);
        Check(loss.Name, program, variant);
        return new KernelPlan(program, variant, loss.Graph.Losses.Length);
    }

    /// <summary>The reduced loss, the means of rewards and the accuracy, then per row losses, rewards and gradients.</summary>
    private static ImmutableArray<Expr> Roots(CompiledLoss loss, ResultSelection wanted)
    {
        var roots = ImmutableArray.CreateBuilder<Expr>();
        roots.Add(loss.Reduced(wanted.IsWeighted));
        var rewards = wanted.Rewards ? loss.Graph.Rewards! : null;
        if (rewards is not null)
        {
            var margin = rewards.Chosen - rewards.Rejected;
            roots.Add(Mean(rewards.Chosen));
            roots.Add(Mean(rewards.Rejected));
            roots.Add(Mean(Where(margin > 0, 1, Where(EqualTo(margin, 0), 0.5, Broadcast(0, Shape.Row)))));
        }

        if (wanted.Losses)
        {
            roots.AddRange(loss.Graph.Losses);
        }

        if (rewards is not null)
        {
            roots.Add(rewards.Chosen);
            roots.Add(rewards.Rejected);
        }

        var adjoints = Differentiation.VectorJacobianProduct(loss.Graph.Losses, loss.Seeds(wanted.IsWeighted), loss.Graph.IsVerbatim);
        for (var i = 0; i < loss.Graph.Inputs.Length; i++)
        {
            if ((wanted.Gradients & (1UL << i)) != 0)
            {
                roots.Add(Broadcast(adjoints[loss.Graph.Inputs[i]], loss.Graph.Inputs[i].Shape));
            }
        }

        return roots.DrainToImmutable();
    }

    private static void Check(string name, PairProgram program, KernelVariant variant)
    {
        if (program.Phases.SelectMany(p => p.Permutations).FirstOrDefault() is { Operation: not Operation.Constant } permutation)
        {
            throw new NotSupportedException(
                $"'{name}' needs {permutation.Operation} over the batch, and kernels do not sort or scan batches: {nameof(CudaLoss)} evaluates this loss through the host.");
        }

        if (variant.Excludes && program.Phases.SelectMany(p => p.Instructions).Any(i => i.Operation == Operation.RowIndex))
        {
            throw new NotSupportedException(
                $"'{name}' numbers the rows, and with weights of 0 that excludes rows, which a kernel cannot number: leave those rows out of the batch.");
        }

        if (program.HasResponses && variant.Responses is < 1 or > LargestResponses)
        {
            throw new NotSupportedException(
                FormattableString.Invariant($"'{name}' with {variant.Responses} responses per row: 1 to {LargestResponses} are accepted by a kernel."));
        }
    }

    private ImmutableHashSet<int> FindDeviceScalars()
    {
        var device = ImmutableHashSet.CreateBuilder<int>();
        if (Variant.Excludes)
        {
            device.Add(CountScalar);
            device.Add(Program.BatchSizeScalar);
            if (Variant.Reduction == Reduction.Mean)
            {
                device.Add(ScaleScalar);
            }

            device.Remove(-1);
        }

        AddDependent(Program.Prologue);
        foreach (var phase in Program.Phases)
        {
            device.UnionWith(phase.Reductions.Select(r => r.Scalar));
            AddDependent(phase.Scalars);
        }

        return device.ToImmutable();

        void AddDependent(ImmutableArray<ScalarInstruction> instructions)
        {
            foreach (var i in instructions)
            {
                // An operand that an operation does not have is scalar 0, which is not looked at.
                if (ScalarOperands.Of(i).Any(device.Contains))
                {
                    device.Add(i.Destination);
                }
            }
        }
    }

    private IEnumerable<Stage> FindStages()
    {
        ImmutableArray<ScalarInstruction> before = [.. Program.Prologue.Where(i => DeviceScalars.Contains(i.Destination))];
        if (Variant.Excludes)
        {
            yield return new Stage(null, []);
        }

        foreach (var phase in Program.Phases)
        {
            yield return new Stage(phase, before);
            before = phase.Scalars;
        }
    }
}

/// <summary>How many operands a scalar operation looks at.</summary>
internal static class ScalarOperands
{
    public static IEnumerable<int> Of(ScalarInstruction i) => Count(i.Operation) switch
    {
        1 => [i.A],
        2 => [i.A, i.B],
        _ => [i.A, i.B, i.C],
    };

    private static int Count(Operation operation) => operation switch
    {
        Operation.Select or Operation.Clamp or Operation.SigmoidFromExp => 3,
        (>= Operation.Add and <= Operation.Equal) or Operation.ExpTimes => 2,
        _ => 1,
    };
}
