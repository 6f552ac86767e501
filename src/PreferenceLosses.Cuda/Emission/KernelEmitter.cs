using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>What a parameter of the kernels stands for.</summary>
internal enum Argument
{
    /// <summary>The number of rows of the batch.</summary>
    Rows,

    /// <summary>The number of blocks of every pass, for the reduction of their partial results.</summary>
    Blocks,

    /// <summary>The address of a column of the program.</summary>
    Column,

    /// <summary>The address of the mask of responses, one byte each.</summary>
    Mask,

    /// <summary>The address of the weights of which 0 excludes a row.</summary>
    Exclusion,

    /// <summary>The address of an output of the program that has a value per row or response.</summary>
    Output,

    /// <summary>The address of the scalar outputs, doubles.</summary>
    ScalarOutputs,

    /// <summary>The address of the memory between passes.</summary>
    Scratch,

    /// <summary>A scalar that the host computes, in double precision.</summary>
    Double,

    /// <summary>The same, rounded to single precision for rows.</summary>
    Single,
}

/// <summary>A parameter of the kernels, with the number of the column, output or scalar.</summary>
internal readonly record struct KernelParameter(Argument Argument, int Index)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Argument}_{Index}").ToLowerInvariant();

    public string Type => Argument switch
    {
        Argument.Rows or Argument.Blocks => "u32",
        Argument.Double => "f64",
        Argument.Single => "f32",
        _ => "u64",
    };

    public int Size => Argument is Argument.Rows or Argument.Blocks or Argument.Single ? 4 : 8;
}

/// <summary>Where what passes hand on lies in the scratch memory.</summary>
internal sealed class ScratchLayout
{
    /// <summary>The largest number of blocks of a pass: more than a device runs at a time, few enough for one block to combine.</summary>
    public const int MaxBlocks = 1024;

    private readonly ImmutableArray<long> partials;

    public ScratchLayout(KernelPlan plan)
    {
        // One scalar more than the program has: the number of rows that take part.
        long next = 8 * (plan.Program.Scalars.Length + 1);
        var starts = ImmutableArray.CreateBuilder<long>();
        foreach (var stage in plan.Stages)
        {
            starts.Add(next);
            next += 8L * MaxBlocks * stage.Reductions;
        }

        partials = starts.DrainToImmutable();
        Buffers = (next + 15) & -16;
        BufferCount = plan.Program.RowBuffers;
    }

    /// <summary>Where the row buffers start, each of 4 bytes a row for rows in whole fours: at multiples of 16 if the memory does.</summary>
    public long Buffers { get; }

    private int BufferCount { get; }

    public static long Scalar(int scalar) => 8L * scalar;

    public long Partial(int stage, int reduction) => partials[stage] + (8L * MaxBlocks * reduction);

    /// <summary>The bytes that a batch needs.</summary>
    public long Size(long rows) => Buffers + (((4 * rows) + 15) / 16 * 16 * BufferCount);
}

/// <summary>
/// Writes the kernels of a loss: one that does everything in one block, and one for each pass over a large batch with one at the end.
/// </summary>
/// <remarks>
/// A block adds up in double precision, thread by thread in the order of rows and then in a fixed tree, and the results of blocks are
/// combined in their order. No atomic operation is used, so a result depends on the number of rows and on nothing else.
/// </remarks>
internal sealed class KernelEmitter(KernelPlan plan)
{
    /// <summary>The largest number of threads of the kernel that has one block.</summary>
    public const int BlockThreads = 1024;

    /// <summary>The largest number of threads of a block where there are many.</summary>
    public const int PassThreads = 256;

    /// <summary>The kernel that needs one launch, of one block.</summary>
    public const string WholeEntry = "loss";

    /// <summary>The kernel that ends a series of passes, of one block.</summary>
    public const string FinishEntry = "loss_finish";

    /// <summary>The parameters, in their order; the same for every kernel.</summary>
    public ImmutableArray<KernelParameter> Parameters { get; } = [.. FindParameters(plan)];

    /// <summary>The kernel of a pass.</summary>
    public static string PassEntry(int stage) => string.Create(CultureInfo.InvariantCulture, $"loss_pass_{stage}");

    /// <summary>The whole module.</summary>
    public string Emit()
    {
        var text = new StringBuilder(".version 7.0\n.target sm_80\n.address_size 64\n");
        Append(text, WholeEntry, BlockThreads, entry => entry.Whole());
        for (var stage = 0; stage < plan.Stages.Length; stage++)
        {
            var number = stage;
            Append(text, PassEntry(stage), PassThreads, entry => entry.Pass(number));
        }

        Append(text, FinishEntry, PassThreads, entry => entry.Finish());
        return text.ToString();
    }

    private void Append(StringBuilder text, string name, int threads, Action<EntryEmitter> write)
    {
        var entry = new EntryEmitter(plan, Parameters);
        write(entry);
        text.Append(CultureInfo.InvariantCulture, $"\n.visible .entry {name}(\n");
        text.AppendJoin(",\n", Parameters.Select(p => $"\t.param .{p.Type} {p.Name}"));
        text.Append(CultureInfo.InvariantCulture, $"\n)\n.maxntid {threads}, 1, 1\n{{\n{entry}}}\n");
    }

    private static IEnumerable<KernelParameter> FindParameters(KernelPlan plan)
    {
        yield return new(Argument.Rows, 0);
        yield return new(Argument.Blocks, 0);
        for (var i = 0; i < plan.Program.Columns.Length; i++)
        {
            yield return new(Argument.Column, i);
        }

        if (plan.Program.HasResponses && plan.Variant.HasMask)
        {
            yield return new(Argument.Mask, 0);
        }

        if (plan.Variant.Excludes)
        {
            yield return new(Argument.Exclusion, 0);
        }

        for (var i = 0; i < plan.Program.Outputs.Length; i++)
        {
            if (plan.Program.Outputs[i].Shape != Shape.Scalar)
            {
                yield return new(Argument.Output, i);
            }
        }

        yield return new(Argument.ScalarOutputs, 0);
        yield return new(Argument.Scratch, 0);
        foreach (var scalar in plan.HostDoubles)
        {
            yield return new(Argument.Double, scalar);
        }

        foreach (var scalar in plan.HostSingles)
        {
            yield return new(Argument.Single, scalar);
        }
    }
}
