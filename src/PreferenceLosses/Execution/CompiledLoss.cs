using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Which results of a loss a program computes. The reduced loss is always one of them, and the first.</summary>
/// <param name="Losses">The unreduced losses.</param>
/// <param name="Rewards">The implicit rewards.</param>
/// <param name="Gradients">One bit per input of the graph, in its order: the gradient for that column.</param>
/// <param name="IsWeighted">Whether rows have weights of their own.</param>
internal readonly record struct ResultSelection(bool Losses, bool Rewards, ulong Gradients, bool IsWeighted);

/// <summary>The same formulas compiled for batches of one block and for larger ones.</summary>
internal sealed class CompiledFormulas(ImmutableArray<Expr> roots, bool isVerbatim = false)
{
    private Program? oneBlock;
    private Program? manyBlocks;

    public Program For(int rows) => rows <= Block.Rows
        ? oneBlock ??= ProgramCompiler.Compile(roots, keepsRegisters: true, isVerbatim)
        : manyBlocks ??= ProgramCompiler.Compile(roots, keepsRegisters: false, isVerbatim);
}

/// <summary>The programs of a loss, compiled when they are first wanted and shared by all losses of the same structure.</summary>
internal sealed class CompiledLoss
{
    // Not names that a user's column can have: those are snake_case.
    public const string WeightColumn = "·weight";
    public const string SecondWeightColumn = "·weight of the second half";
    public const string ScaleScalar = "·scale";

    /// <summary>As many as <see cref="ResultSelection.Gradients"/> has bits.</summary>
    private const int LargestInputs = 64;

    /// <summary>How many structures are kept: enough for a catalogue; a discovery run goes through thousands.</summary>
    private const int Capacity = 512;

    private static readonly ConditionalWeakTable<LossGraph, CompiledLoss> ByGraph = [];
    private static readonly ConcurrentDictionary<string, CompiledLoss> ByStructure = new();

    private readonly ConcurrentDictionary<ResultSelection, CompiledFormulas> formulas = new();

    private CompiledLoss(LossGraph graph)
    {
        if (graph.Inputs.FirstOrDefault(i => i.Name == Columns.Weight || (i.Shape == Shape.Scalar && Columns.Known.Contains(i.Name))) is { } input)
        {
            throw new ArgumentException($"The input '{input.Name}' has the name of a column of every batch, and another role; give it another name.", nameof(graph));
        }

        if (graph.Inputs.Length > LargestInputs)
        {
            throw new ArgumentException($"The loss has {graph.Inputs.Length} inputs; at most {LargestInputs} are accepted.", nameof(graph));
        }

        Graph = graph;
        KnownShapes = [.. Columns.Known.Select(name => graph.Inputs.FirstOrDefault(i => i.Name == name)?.Shape)];
        KnownInputs = [.. Columns.Known.Select(name => graph.Inputs.ToList().FindIndex(i => i.Name == name))];
        OtherColumns = [.. graph.Inputs.Where(i => i.Shape != Shape.Scalar && !Columns.Known.Contains(i.Name))];
        ScalarInputs = [.. graph.Inputs.Where(i => i.Shape == Shape.Scalar)];
    }

    /// <summary>A graph of this structure.</summary>
    public LossGraph Graph { get; }

    /// <summary>For each of <see cref="Columns.Known"/> its shape in this loss, or null if the loss does not read it.</summary>
    public ImmutableArray<Shape?> KnownShapes { get; }

    /// <summary>For each of <see cref="Columns.Known"/> its position among the inputs of the graph, or −1.</summary>
    public ImmutableArray<int> KnownInputs { get; }

    /// <summary>The columns with names of the loss's own.</summary>
    public ImmutableArray<Expr> OtherColumns { get; }

    /// <summary>The inputs with one value for the batch.</summary>
    public ImmutableArray<Expr> ScalarInputs { get; }

    public static CompiledLoss Of(LossGraph graph) => ByGraph.GetValue(graph, static wanted =>
    {
        if (ByStructure.Count >= Capacity)
        {
            ByStructure.Clear();
        }

        return ByStructure.GetOrAdd(wanted.Key, static (_, graph) => new CompiledLoss(graph), wanted);
    });

    public CompiledFormulas Select(ResultSelection selection) =>
        formulas.GetOrAdd(selection, static (wanted, loss) => new CompiledFormulas(loss.Roots(wanted), loss.Graph.IsVerbatim), this);

    /// <summary>The weight of each of the losses in the reduced loss.</summary>
    public ImmutableArray<Expr> Seeds(bool isWeighted)
    {
        var scale = new Expr(Operation.Input, Shape.Scalar, [], name: ScaleScalar);
        var weights = new[] { WeightColumn, SecondWeightColumn }
            .Select(name => new Expr(Operation.Input, Shape.Row, [], name: name) * scale);
        return [.. isWeighted ? weights.Take(Graph.Losses.Length) : Graph.Losses.Select(_ => scale)];
    }

    /// <summary>Σ weight · loss · scale, with the scale outside the sum, where it is in double precision.</summary>
    public Expr Reduced(bool isWeighted)
    {
        var seeds = Seeds(isWeighted);
        var total = Graph.Losses
            .Select((loss, i) => Formulas.Sum(isWeighted ? seeds[i].Operands[0] * loss : loss))
            .Aggregate((sum, next) => sum + next);
        return total * (isWeighted ? seeds[0].Operands[1] : seeds[0]);
    }

    private ImmutableArray<Expr> Roots(ResultSelection wanted)
    {
        var roots = ImmutableArray.CreateBuilder<Expr>();
        roots.Add(Reduced(wanted.IsWeighted));
        if (wanted.Losses)
        {
            roots.AddRange(Graph.Losses);
        }

        if (wanted.Rewards)
        {
            roots.Add(Graph.Rewards!.Chosen);
            roots.Add(Graph.Rewards.Rejected);
        }

        if (wanted.Gradients != 0)
        {
            var adjoints = Differentiation.VectorJacobianProduct(Graph.Losses, Seeds(wanted.IsWeighted), Graph.IsVerbatim);
            for (var i = 0; i < Graph.Inputs.Length; i++)
            {
                if ((wanted.Gradients & (1UL << i)) != 0)
                {
                    roots.Add(Formulas.Broadcast(adjoints[Graph.Inputs[i]], Graph.Inputs[i].Shape));
                }
            }
        }

        return roots.DrainToImmutable();
    }
}
